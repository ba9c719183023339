"""Runs side by side: what differs between them, and which is better."""

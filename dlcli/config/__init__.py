"""Compose a configuration, check it against signatures, and build what it names."""

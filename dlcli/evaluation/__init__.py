"""Measure a recorded run's checkpoint, and show what the model gets right and wrong."""

"""Runs and where they are recorded; the only place that knows MLflow."""

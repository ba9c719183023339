"""Train, search, evaluate and compare deep-learning experiments from the command line."""

__version__ = "0.1.0"

"""Data sets: one kind of data a file, each a DataModule that says what it is."""

"""Show how well an autoencoder gives its input back."""

from __future__ import annotations

from dlcli.evaluation import pictures
from dlcli.evaluation.case import Case, Shown


def show(case: Case) -> Shown:
    """Draw the pictures that the model offers."""
    return pictures.show(case)

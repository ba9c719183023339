"""The pictures that a model draws of itself."""

from __future__ import annotations

from dlcli.evaluation.case import Case, Shown
from dlcli.training.pictures import draw_pictures


def show(case: Case) -> Shown:
    """Draw the pictures that the model offers, if any."""
    folder = case.artifacts / "figures"
    drawn = draw_pictures(case.model, folder, f"on {case.split}", f"{{name}}_{case.split}.png")
    return Shown(files=[f"figures/{file}" for file in drawn])

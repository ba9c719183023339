"""Which view of a model is shown: by what the model offers, and what is asked of the data."""

from __future__ import annotations

from collections.abc import Callable

from pytorch_lightning import LightningModule

from dlcli.evaluation import (
    classification,
    generation,
    language,
    pictures,
    reconstruction,
    regression,
)
from dlcli.evaluation.case import Case, Shown

# What a net can do, and how that is shown.
OFFERS = {("generate",): generation.show, ("encode", "decode"): reconstruction.show}
TARGETS: dict[str, Callable[[Case], Shown]] = {
    "class": classification.show,
    "value": regression.show,
    "next_token": language.show,
}


def show(case: Case) -> Shown:
    """Show a model by its own view; of one that has none, the pictures that it draws."""
    net = getattr(case.model, "net", None)
    for abilities, view in OFFERS.items():
        if all(callable(getattr(net, ability, None)) for ability in abilities):
            return view(case)
    if predicts(case.model):
        return TARGETS.get(case.spec.target, pictures.show)(case)
    return pictures.show(case)


def predicts(model: LightningModule) -> bool:
    """Whether a model has something to say of each example."""
    return type(model).predict_step is not LightningModule.predict_step

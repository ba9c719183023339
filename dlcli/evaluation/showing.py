"""Which view of a model is shown: by what the model offers, and what is asked of the data."""

from __future__ import annotations

import warnings
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
from dlcli.evaluation.answers import Answers
from dlcli.evaluation.case import Case, Shown

# What a net can do, and how that is shown.
OFFERS = {("generate",): generation.show, ("encode", "decode"): reconstruction.show}
ANSWERS: dict[str, Callable[[Case, Answers], Shown]] = {
    "class": classification.show,
    "value": regression.show,
}


def show(case: Case) -> Shown:
    """Show a model by its own view; of one that has none, the pictures that it draws."""
    if predicts(case.model):
        if case.spec.target == "next_token":
            return language.show(case)
        return of_answers(case) + pictures.show(case)
    net = getattr(case.model, "net", None)
    for abilities, view in OFFERS.items():
        if all(callable(getattr(net, ability, None)) for ability in abilities):
            return view(case)
    return pictures.show(case)


def of_answers(case: Case) -> Shown:
    """Show what is answered, whoever answers; nothing of answers that are no numbers."""
    if case.answers is None or case.spec.target not in ANSWERS:
        return Shown()
    if not case.answers.finite:
        warnings.warn("the model answers by numbers that are not finite; no figure", stacklevel=2)
        return Shown()
    return ANSWERS[case.spec.target](case, case.answers)


def predicts(model: LightningModule) -> bool:
    """Whether a model has something to say of each example."""
    return type(model).predict_step is not LightningModule.predict_step

"""Each model is shown by its own view: by what it offers, and what is asked of the data."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from pytorch_lightning import LightningModule

from dlcli.data.spec import DataSpec
from dlcli.evaluation import showing
from dlcli.evaluation.answers import Answers, joined
from dlcli.evaluation.case import Shown
from tests.evaluation.models import CLASSES, VALUES, case

WORDS = DataSpec("tokens", (4,), "next_token", vocabulary=("a", "b"))


class Answering(LightningModule):
    """A module that has something to say of each example."""

    def __init__(self, *abilities: str) -> None:
        super().__init__()
        self.net = SimpleNamespace(**dict.fromkeys(abilities, print))

    def predict_step(self, batch):
        return batch


class Silent(Answering):
    """A module that has not."""

    predict_step = LightningModule.predict_step


@pytest.mark.parametrize(
    ("model", "spec", "view"),
    [
        (Answering(), CLASSES, "class"),
        (Answering("generate"), VALUES, "value"),
        (Answering(), WORDS, "language"),
        (Silent("generate"), CLASSES, "generation"),
        (Silent("encode", "decode"), CLASSES, "reconstruction"),
        (Silent("encode"), CLASSES, "pictures"),
        (Silent(), WORDS, "pictures"),
    ],
)
def test_the_view_is_the_models_own(tmp_path, monkeypatch, model, spec, view):
    said = {
        name: lambda case, *answers, name=name: Shown(files=[name])
        for name in ("class", "value", "language", "generation", "reconstruction", "pictures")
    }
    monkeypatch.setattr(showing, "ANSWERS", {name: said[name] for name in ("class", "value")})
    offers = zip(showing.OFFERS, (said["generation"], said["reconstruction"]), strict=True)
    monkeypatch.setattr(showing, "OFFERS", dict(offers))
    monkeypatch.setattr(showing.language, "show", said["language"])
    monkeypatch.setattr(showing.pictures, "show", said["pictures"])
    given = case(tmp_path, spec, None, Answers(torch.zeros(1, 1), torch.zeros(1)))
    object.__setattr__(given, "model", model)
    assert showing.show(given).files[0] == view


def test_answers_that_are_no_numbers_are_told_and_not_drawn(tmp_path):
    answers = Answers(torch.tensor([[0.0, torch.nan, 1.0]]), torch.zeros(1))
    with pytest.warns(UserWarning, match="by numbers that are not finite; no figure"):
        shown = showing.of_answers(case(tmp_path, CLASSES, None, answers))
    assert shown == Shown()


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [torch.zeros(2, 3)],
        [(torch.zeros(2, 3), torch.zeros(3))],
        [(torch.zeros(2, 4), torch.zeros(2))],
        [(torch.zeros(2), torch.zeros(2))],
    ],
)
def test_what_is_no_answer_is_none(pairs):
    assert joined(pairs, CLASSES) is None

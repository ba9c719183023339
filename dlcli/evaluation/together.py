"""Answers of several models, or to several views of an image, as one; and the metrics of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.evaluation.answers import Answers, can_be_heard
from dlcli.evaluation.calibration import expected_error
from dlcli.evaluation.member import Member, answered
from dlcli.evaluation.views import seen, views
from dlcli.training.changes import Split
from dlcli.training.failure import failures_explained
from dlcli.training.measure import measure, split_loader


class Recall(nn.Module):
    """Gives out answers of before in their order, in the place of a net.

    Args:
        outputs: what the net would have given out, ``(N, ...)``.
    """

    def __init__(self, outputs: Tensor) -> None:
        super().__init__()
        self.outputs = outputs
        self.start = 0

    def forward(self, x: Tensor) -> Tensor:
        """The answers to as many examples as there are in a batch ``(B, ...)``."""
        start, self.start = self.start, self.start + len(x)
        return self.outputs[start : self.start].to(x.device)


def averaged(answers: Sequence[Answers], spec: DataSpec) -> Answers:
    """The mean of the values; of classes the logarithm of the mean probability."""
    outputs = torch.stack([one.outputs.double() for one in answers])
    if spec.target == "class":
        mean = outputs.log_softmax(-1).logsumexp(0) - math.log(len(answers))
    else:
        mean = outputs.mean(0)
    return Answers(mean.float(), answers[0].targets)


def with_views(member: Member, kinds: Sequence[str], split: Split) -> Answers:
    """The mean of the answers to an image and to views of it."""
    assert member.answers is not None
    found = [member.answers]
    with failures_explained(member.data, member.allow):
        for view in views(kinds, member.spec):
            answers = answered(member, seen(split_loader(member.data, split), view))
            assert answers is not None
            found.append(answers)
    return averaged(found, member.spec)


def scores(member: Member, answers: Answers, split: Split) -> dict[str, float]:
    """The metrics of answers by the model's own rules, as if its net had given them.

    The loss is left out where it is none of probabilities.
    """
    model = member.model
    net = model.net
    model.net = Recall(raw(answers, member.spec))
    try:
        found = measure(member.trainer, model, member.data, split)
    finally:
        model.net = net
    if member.spec.target == "class":
        found[f"{split}/ece"] = expected_error(answers)
        if loss_of(member) not in ("auto", "cross_entropy"):
            found.pop(f"{split}/loss", None)
    return found


def raw(answers: Answers, spec: DataSpec) -> Tensor:
    """What a net gives out for its answers to be these."""
    if spec.target == "class":
        return answers.outputs
    return (answers.outputs - torch.tensor(spec.centre)) / torch.tensor(spec.scale)


def loss_of(member: Member) -> str:
    """The name of the loss that a model was trained by."""
    return str(member.source.config.values["model"].get("loss", "auto"))


def check_averaging(member: Member, what: str) -> None:
    """Refuse (ConfigError) to average what a model says, where it gives no such answers."""
    if not can_be_heard(member.model, member.spec):
        raise ConfigError(
            f"{what}: {type(member.model).__name__} gives no probabilities of classes and no "
            "values that could be averaged"
        )


def ensemble(members: Sequence[Member], split: Split) -> Member:
    """The first of several models with the answers of all, averaged, and their metrics.

    Raises:
        ConfigError: they are not for the same examples.
    """
    first = members[0]
    answers = [member.answers for member in members if member.answers is not None]
    for one in answers[1:]:
        if not torch.equal(one.targets, answers[0].targets):
            raise ConfigError(
                f"RUNs: their {split} splits hold different examples, so they cannot answer "
                "together"
            )
    together = averaged(answers, first.spec)
    return replace(first, answers=together, metrics=scores(first, together, split))

"""The task of telling classes apart."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.errors import ConfigError
from dlcli.models.mean import countable
from dlcli.models.task import TRAIN, Better, Loss, LossName, Task, chosen

MEASURED: dict[str, Better] = {
    "loss": "min",
    "acc": "max",
    "error": "min",
    "precision": "max",
    "recall": "max",
    "f1": "max",
}
OF_TWO: dict[str, Better] = {"sensitivity": "max", "specificity": "max", "auc": "max"}


def one_vs_all(output: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of each class against the rest, summed over the classes, in nats."""
    wanted = torch.zeros_like(output).scatter(1, target[:, None], 1.0)
    losses = functional.binary_cross_entropy_with_logits(output, wanted, reduction="none")
    return losses.sum(1).mean()


def hinge(output: Tensor, target: Tensor) -> Tensor:
    """How far the best wrong class comes within 1 of the right one (Crammer & Singer 2001)."""
    label = target[:, None]
    margins = 1 + output - output.gather(1, label)
    return margins.scatter(1, label, 0.0).amax(1).mean()


LOSSES: dict[str, Loss] = {
    "cross_entropy": functional.cross_entropy,
    "binary_cross_entropy": one_vs_all,
    "hinge": hinge,
}


class Classes(Task):
    """Output ``(B, classes)``, target ``(B,)``.

    Precision, recall and F1 are means over the classes that occur, or are taken to. Of two
    classes the second is the positive one.

    Args:
        classes: how many.
        loss: its name.
        label_smoothing: how much of the target goes to all classes alike (Szegedy et al. 2016).

    Raises:
        ConfigError: the loss is none for classes, or its labels cannot be smoothed.
    """

    headline = ("loss", "acc")

    def __init__(self, classes: int, loss: LossName = "auto", label_smoothing: float = 0.0) -> None:
        self.classes = classes
        name, self._loss = chosen(loss, LOSSES, "classes")
        if label_smoothing and name != "cross_entropy":
            raise ConfigError(
                f"model.label_smoothing: {label_smoothing}, but {name} has no labels to smooth; "
                "use model.loss=cross_entropy"
            )
        self._smoothed = {"label_smoothing": label_smoothing} if label_smoothing else {}

    def better(self, stage: str) -> Mapping[str, Better]:
        """``loss`` and ``acc``; of an evaluation more, and of two classes still more."""
        if stage == TRAIN:
            return {"loss": "min", "acc": "max"}
        return {**MEASURED, **(OF_TWO if self.classes == 2 else {})}

    def quantities(self, stage: str) -> int:
        """Loss and right answers; right, given and true answers of each class."""
        return 2 if stage == TRAIN else 2 + 3 * self.classes

    def loss(self, output: Tensor, target: Tensor, stage: str) -> Tensor:
        """The mean loss of a batch."""
        return self._loss(output, target, **(self._smoothed if stage == TRAIN else {}))

    def sums(self, stage: str, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Loss and right answers; the rest where it is measured."""
        taken = output.argmax(-1)
        right = taken == target
        both = torch.stack([countable(loss) * target.numel(), right.sum()])
        if stage == TRAIN:
            return both
        ones = torch.ones_like(target, dtype=both.dtype)
        counts = both.new_zeros(3, self.classes)
        counts[0].index_add_(0, target, right.to(both.dtype))
        counts[1].index_add_(0, taken, ones)
        counts[2].index_add_(0, target, ones)
        return torch.cat([both, counts.flatten()])

    def scores(self, output: Tensor) -> Tensor | None:
        """By how much the second of two classes is preferred."""
        return output[:, 1] - output[:, 0] if self.classes == 2 else None

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """All but the area under the curve, which needs every score."""
        loss, acc = means[:2]
        if stage == TRAIN:
            return {"loss": loss, "acc": acc}
        right, taken, true = means[2:].view(3, self.classes)
        recall = ratio(right, true)
        occurs = taken + true > 0
        each = {
            "precision": ratio(right, taken),
            "recall": recall,
            "f1": ratio(2 * right, taken + true),
        }
        report = {"loss": loss, "acc": acc, "error": 1 - acc}
        report |= {name: values[occurs].mean() for name, values in each.items()}
        if self.classes == 2:
            report |= {"sensitivity": recall[1], "specificity": recall[0]}
        return report


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole``, 0 where there is nothing to divide by."""
    return torch.where(whole > 0, part / whole, torch.zeros_like(part))

"""The task of predicting values."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from dlcli.data.spec import DataSpec
from dlcli.models.mean import precision
from dlcli.models.task import TRAIN, Better, Loss, LossName, Task, chosen

LOSSES: dict[str, Loss] = {
    "mse": functional.mse_loss,
    "mae": functional.l1_loss,
    "huber": functional.huber_loss,
}

# Below this share of the mean square, a variance is what rounding leaves of nothing.
ROUNDING = 1e-12


class Values(Task):
    """Output ``(B, values)``, target ``(B, values)`` or ``(B,)``.

    The loss is measured in the values' own spread, so that learning rates mean the same for all
    units; what is reported is in their unit.

    Args:
        spec: its ``centre`` and ``scale`` make outputs into values.
        loss: its name.

    Raises:
        ConfigError: the loss is none for values.
    """

    headline = ("loss", "rmse")

    def __init__(self, spec: DataSpec, loss: LossName = "auto") -> None:
        _, self._loss = chosen(loss, LOSSES, "values")
        self.values = spec.values
        self.centre = torch.tensor(spec.centre)
        self.scale = torch.tensor(spec.scale)

    def better(self, stage: str) -> Mapping[str, Better]:
        """``loss`` and ``rmse``; of an evaluation ``mae``, ``relative_error`` and ``r2``, too."""
        if stage == TRAIN:
            return {"loss": "min", "rmse": "min"}
        return {
            "loss": "min",
            "rmse": "min",
            "mae": "min",
            "relative_error": "min",
            "r2": "max",
        }

    def quantities(self, stage: str) -> int:
        """Loss and squared errors; other errors, and three sums of each value."""
        return 2 if stage == TRAIN else 4 + 3 * self.values

    def answer(self, output: Tensor) -> Tensor:
        """Outputs times ``scale`` plus ``centre``."""
        self._move(output)
        return output * self.scale + self.centre

    def loss(self, output: Tensor, target: Tensor, stage: str) -> Tensor:
        """The mean loss of a batch, in units of ``scale``."""
        return self._loss(output, self._standard(output, target))

    def sums(self, stage: str, loss: Tensor, output: Tensor, target: Tensor) -> Tensor:
        """Loss and errors, and of each value what its variance follows from, all in doubles."""
        kind, target = precision(output.device), target.view_as(output)
        errors = (self.answer(output) - target).to(kind)
        both = torch.stack([loss.to(kind) * len(target), errors.square().mean(-1).sum()])
        if stage == TRAIN:
            return both
        standard = self._standard(output, target).to(kind)
        misses = (output.to(kind) - standard).square().sum(0)
        sizes = [errors.abs().mean(-1).sum(), target.to(kind).abs().mean(-1).sum()]
        spread = [misses, standard.sum(0), standard.square().sum(0)]
        return torch.cat([both, torch.stack(sizes), *spread])

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """``r2`` is the mean over the values, 0 for one that is constant and missed."""
        report = {"loss": means[0], "rmse": means[1].sqrt()}
        if stage == TRAIN:
            return report
        misses, mean, square = means[4:].view(3, self.values)
        spread = square - mean.square()
        constant = spread <= ROUNDING * square
        r2 = torch.where(constant, (misses == 0).to(means.dtype), 1 - misses / spread)
        relative = means[2] / means[3]
        return {**report, "mae": means[2], "relative_error": relative, "r2": r2.mean()}

    def _standard(self, output: Tensor, target: Tensor) -> Tensor:
        self._move(output)
        return (target.view_as(output) - self.centre) / self.scale

    def _move(self, output: Tensor) -> None:
        if self.centre.device != output.device:
            self.centre, self.scale = self.centre.to(output.device), self.scale.to(output.device)

"""The LightningModule of every task with a right answer: a class, a value, the next token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dlcli.data.spec import DataSpec
from dlcli.models.learner import STAGES, Batch, Learner
from dlcli.models.mean import Mean, countable
from dlcli.models.mixup import Mixup
from dlcli.models.regularizer import Regularizer
from dlcli.models.schedule import Schedule
from dlcli.models.scores import Scores
from dlcli.models.task import TRAIN, Better, LossName
from dlcli.models.tasks import task


class Supervised(Learner):
    """Completes a net, an optimizer and a schedule, and trains by the loss of the target.

    Args:
        net: makes the net from the spec; the net maps ``(B, *spec.shape)`` to
            ``(B, spec.outputs)``, and for the next token to ``(B, T, spec.outputs)``.
        spec: what the data looks like.
        optimizer: makes the optimizer from the parameters.
        scheduler: how the learning rate changes; None for a constant one.
        regularizer: what keeps the weights small; None for nothing.
        loss: its name; ``auto`` is cross-entropy for classes and tokens, mse for values.
        label_smoothing: how much of the target goes to all classes alike (Szegedy et al. 2016).
        mixup: alpha, to train on mixtures of two examples (Zhang et al. 2018); 0 for none.
        init_from: a RUN, or a file of weights, to start from; None to start anew.
        freeze: names of modules of the net that are not trained.

    Raises:
        ConfigError: if the net or the loss cannot serve this data.
    """

    def __init__(
        self,
        net: Callable[[DataSpec], nn.Module],
        spec: DataSpec,
        optimizer: Callable[..., Optimizer],
        scheduler: Schedule | None = None,
        regularizer: Regularizer | None = None,
        loss: LossName = "auto",
        label_smoothing: float = 0.0,
        mixup: float = 0.0,
        init_from: str | None = None,
        freeze: Sequence[str] = (),
    ) -> None:
        asked = task(spec, loss, label_smoothing)
        mixed = Mixup(mixup, spec)
        super().__init__(
            net(spec),
            spec,
            optimizer,
            scheduler,
            regularizer,
            asked.quantities(TRAIN),
            init_from,
            freeze,
        )
        self.task = asked
        self.mixup = mixed
        self.headline = asked.headline
        self.means = {stage: Mean(asked.quantities(stage)) for stage in STAGES}
        self.scores = {stage: Scores() for stage in STAGES}

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``; values in their own unit."""
        return self.task.answer(self.net(x))

    def better(self, stage: str) -> Mapping[str, Better]:
        """By the target: ``loss`` and ``acc``; ``loss`` and ``rmse``; and so on."""
        return self.task.better(stage)

    def step(self, batch: Batch, stage: str) -> Tensor:
        """The loss of a batch, whose sums are added to the stage's means."""
        inputs, target = batch
        if self.mixup and stage == TRAIN:
            return self._mixed_step(inputs, target)
        # A process can be left without a share of a last, small batch to evaluate, of which not
        # every net can make something.
        if not len(target):
            return torch.zeros((), device=target.device)
        output = countable(self.net(inputs))
        loss = self.task.loss(output, target, stage)
        self._add(stage, self.task.sums(stage, loss.detach(), output.detach(), target), target)
        scores = None if stage == TRAIN else self.task.scores(output.detach())
        if scores is not None:
            self.scores[stage].update(scores, target)
        return loss

    def _mixed_step(self, inputs: Tensor, target: Tensor) -> Tensor:
        """The loss against both targets of each mixture, by their shares."""
        mixed, other, share = self.mixup(inputs, target)
        output = countable(self.net(mixed))
        one, two = (self.task.loss(output, which, TRAIN) for which in (target, other))
        sums = [
            self.task.sums(TRAIN, loss.detach(), output.detach(), which)
            for loss, which in ((one, target), (two, other))
        ]
        self._add(TRAIN, share * sums[0] + (1 - share) * sums[1], target)
        return share * one + (1 - share) * two

    def _add(self, stage: str, sums: Tensor, target: Tensor) -> None:
        self.means[stage].update(sums, len(target))

    def reset(self, stage: str) -> None:
        """Forget the stage's means and scores."""
        super().reset(stage)
        self.scores[stage].reset()

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """The task's quantities."""
        report = self.task.report(stage, means)
        if "auc" in self.better(stage):
            trainer = self.trainer
            report["auc"] = self.scores[stage].auc(
                self.summed, trainer.global_rank, trainer.world_size
            )
        return report

    def predict_step(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor]:
        """The answers (logits for classes) and the targets of a batch."""
        inputs, target = batch
        return self(inputs), target

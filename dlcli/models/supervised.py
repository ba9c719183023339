"""The LightningModule of every task with a right answer: a class, a value, the next token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn
from torch.optim import Optimizer

from dlcli.data.spec import DataSpec
from dlcli.models.learner import Batch, Learner
from dlcli.models.regularizer import Regularizer
from dlcli.models.schedule import Schedule
from dlcli.models.task import Better, task


class Supervised(Learner):
    """Completes a net, an optimizer and a schedule, and trains by the loss of the target.

    Args:
        net: makes the net from the spec; the net maps ``(B, *spec.shape)`` to
            ``(B, spec.outputs)``, and for the next token to ``(B, T, spec.outputs)``.
        spec: what the data looks like.
        optimizer: makes the optimizer from the parameters.
        scheduler: how the learning rate changes; None for a constant one.
        regularizer: what keeps the weights small; None for nothing.
        label_smoothing: how much of the target goes to all classes alike (Szegedy et al. 2016).
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
        label_smoothing: float = 0.0,
        init_from: str | None = None,
        freeze: Sequence[str] = (),
    ) -> None:
        asked = task(spec, label_smoothing)
        super().__init__(
            net(spec),
            spec,
            optimizer,
            scheduler,
            regularizer,
            asked.quantities,
            init_from,
            freeze,
        )
        self.task = asked

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``; values in their own unit."""
        return self.task.answer(self.net(x))

    def better(self, stage: str) -> Mapping[str, Better]:
        """By the target: ``loss`` and ``acc``; ``loss``, ``rmse`` and ``mae``; and so on."""
        return self.task.better

    def step(self, batch: Batch, stage: str) -> Tensor:
        """The loss of a batch, whose sums are added to the stage's means."""
        inputs, target = batch
        output = self.net(inputs)
        loss = self.task.loss(output, target)
        # A process can be left without a share of a last, small batch to evaluate.
        if count := self.task.count(target):
            sums = self.task.sums(loss.detach(), output.detach(), target)
            self.means[stage].update(sums, count)
        return loss

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """The task's quantities."""
        return self.task.report(means)

    def predict_step(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor]:
        """The answers (logits for classes) and the targets of a batch."""
        inputs, target = batch
        return self(inputs), target

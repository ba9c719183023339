"""What a model answers to each example of a split, beside what is right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn

from dlcli.data.spec import DataSpec


@dataclass(frozen=True)
class Answers:
    """A row for each example, in the order of the split; on the CPU.

    Args:
        outputs: logits ``(N, classes)``, or values ``(N, values)`` in their own unit; float32.
        targets: classes ``(N,)`` or values ``(N, values)``.
    """

    outputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.outputs)

    @property
    def finite(self) -> bool:
        """Whether all outputs are numbers."""
        return bool(torch.isfinite(self.outputs).all())

    def probabilities(self) -> np.ndarray:
        """Those of the classes by the softmax of the logits, ``(N, classes)`` in doubles."""
        softmax: np.ndarray = self.outputs.double().softmax(1).numpy()
        return softmax

    def log_odds(self) -> np.ndarray:
        """Of each class against all others, ``(N, classes)`` in doubles.

        In the order of the probabilities, of which sure ones are all 1.
        """
        logits = self.outputs.double()
        shares = logits.log_softmax(1)
        odds = shares - torch.log1p(-shares.exp())
        top = logits.argmax(1, keepdim=True)
        others = logits.scatter(1, top, -torch.inf).logsumexp(1, keepdim=True)
        found: np.ndarray = odds.scatter(1, top, logits.gather(1, top) - others).numpy()
        return found


class Listening(Callback):
    """Keeps what a model answers while its metrics are measured, so that it need not run twice.

    A model takes part that has a ``net``, and a ``task`` that makes the net's outputs answers.

    Args:
        spec: of the data.
    """

    def __init__(self, spec: DataSpec) -> None:
        self._spec = spec
        self._heard: list[tuple[Tensor, Tensor]] = []
        self._output: Any = None
        self._hook: Any = None

    def answers(self) -> Answers | None:
        """All of them; None where nothing could be heard."""
        return joined(self._heard, self._spec)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen to the net."""
        self._heard = []
        net = getattr(pl_module, "net", None)
        if can_be_heard(pl_module, self._spec) and isinstance(net, nn.Module):
            self._hook = net.register_forward_hook(self._keep)

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the answers to a batch, where they were computed."""
        if self._hook is not None:
            task: Any = pl_module.task
            self._heard.append((task.answer(self._output), batch[1]))

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen no more."""
        if self._hook is not None:
            self._hook.remove()
        self._hook = self._output = None

    on_validation_start = on_test_start
    on_validation_batch_end = on_test_batch_end
    on_validation_end = on_test_end

    def _keep(self, net: nn.Module, inputs: Any, output: Any) -> None:
        self._output = output.detach()


def can_be_heard(model: LightningModule, spec: DataSpec) -> bool:
    """Whether a model's answers follow from what its net gives out."""
    return is_asked(model, spec) and callable(getattr(getattr(model, "task", None), "answer", None))


def is_asked(model: LightningModule, spec: DataSpec) -> bool:
    """Whether a model answers each example by logits or values, which ``predict_step`` gives."""
    own = type(model).predict_step is not LightningModule.predict_step
    return own and spec.target in ("class", "value")


def joined(pairs: Iterable[Any], spec: DataSpec) -> Answers | None:
    """Batches of outputs and targets as one; None where they are others than the data asks for."""
    outputs, targets = [], []
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            return None
        output, target = pair
        if output.ndim != 2 or output.shape[1] != spec.outputs or len(target) != len(output):
            return None
        outputs.append(output.float())
        targets.append(target if spec.target == "class" else target.float().view_as(output))
    if not outputs:
        return None
    return Answers(torch.cat(outputs).cpu(), torch.cat(targets).cpu())

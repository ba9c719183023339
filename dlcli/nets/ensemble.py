"""Several nets that answer together, each trained by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError


class Ensemble(nn.Module):
    """The mean of what its members say (Hansen & Salamon 1990).

    In training each example of a batch is read by one member, drawn at random, so that members
    learn by their own errors and on other examples; so many members need so many times the
    epochs of one. A batch of fewer than two examples a member is read by fewer of them, as a batch
    norm can make nothing of one example. Afterwards all of them answer: by the mean of their
    probabilities for a class or the next token, by the mean of their values.

    Args:
        spec: what the data looks like.
        members: makes each net from the spec, by a name.

    Raises:
        ConfigError: if there are no members, or one of them refuses the data.
    """

    def __init__(
        self, spec: DataSpec, members: Mapping[str, Callable[[DataSpec], nn.Module]]
    ) -> None:
        super().__init__()
        if not members:
            raise ConfigError("model.net.members: none; name at least one net")
        self.members = nn.ModuleDict({name: make(spec) for name, make in members.items()})
        self.likely = spec.target != "value"

    def forward(self, x: Tensor) -> Tensor:
        """``(B, *spec.shape) -> (B, spec.outputs)``: logits of one member, or of all."""
        return self._one_each(x) if self.training else self._together(x)

    def _one_each(self, x: Tensor) -> Tensor:
        """As many examples for each member, give or take one."""
        order = torch.randperm(len(x), device=x.device)
        members = list(self.members.values())
        if len(x) < 2 * len(members):
            drawn = torch.randperm(len(members))[: max(1, len(x) // 2)]
            members = [members[place] for place in drawn]
        shares = order.tensor_split(len(members))
        answers = [member(x[share]) for member, share in zip(members, shares, strict=True)]
        return torch.cat(answers)[order.argsort()]

    def _together(self, x: Tensor) -> Tensor:
        answers = torch.stack([member(x) for member in self.members.values()])
        if not self.likely:
            return answers.mean(0)
        # The logarithm of the mean probability: a constant more or less changes none.
        return answers.log_softmax(-1).logsumexp(0)

"""Principal components, as the linear autoencoder that a net is measured against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import torch
from torch import Tensor, nn

from dlcli.errors import ConfigError
from dlcli.models.exact import Convert, exact

# The covariance of so many features has 16 million entries and takes seconds to take apart.
MOST_FEATURES = 4096


class PCA(nn.Module):
    """The best linear code of a size, in squared error (Pearson 1901).

    It is part of the module that holds it, so its checkpoints have it, and it is fitted once. It
    stays in single precision where that module is in half.

    Args:
        features: the numbers of an example, F.
        components: the numbers of a code, k.

    Raises:
        ConfigError: if a code would not be smaller than an example, or F is above 4,096.
    """

    mean: Tensor
    axes: Tensor
    fitted: Tensor

    def __init__(self, features: int, components: int) -> None:
        super().__init__()
        if components >= features:
            raise ConfigError(
                f"model.baseline: pca with {components} components rebuilds the {features} "
                "numbers of an example without error; lower model.net.latent or set "
                "model.baseline=none"
            )
        if features > MOST_FEATURES:
            raise ConfigError(
                f"model.baseline: pca of {features} features is too much, at most "
                f"{MOST_FEATURES}; set model.baseline=none"
            )
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("axes", torch.zeros(features, components))
        self.register_buffer("fitted", torch.tensor(False))

    @torch.no_grad()
    def fit(self, batches: Iterable[Tensor]) -> None:
        """Find the components of all examples of the batches ``(B, ...)``, exactly."""
        features, components = self.axes.shape
        total = self.mean.new_zeros(features, dtype=torch.float64)
        products = self.mean.new_zeros(features, features, dtype=torch.float64)
        count = 0
        for batch in batches:
            flat = batch.flatten(1)
            count += len(flat)
            total += flat.sum(0)
            products += flat.T @ flat
        mean = total / count
        covariance = products / count - torch.outer(mean, mean)
        _, axes = torch.linalg.eigh(covariance)  # the largest last
        self.mean.copy_(mean)
        self.axes.copy_(axes[:, -components:])
        self.fitted.fill_(True)

    def forward(self, x: Tensor) -> Tensor:
        """The examples ``(B, ...)`` again from their codes."""
        with torch.autocast(x.device.type, enabled=False):
            flat = x.flatten(1).to(self.mean.dtype) - self.mean
            return (flat @ self.axes @ self.axes.T + self.mean).view_as(x)

    def _apply(self, fn: Convert, recurse: bool = True) -> Self:
        super()._apply(exact(fn), recurse)  # type: ignore[no-untyped-call]
        return self

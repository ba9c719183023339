"""What makes raw inputs fit for a net, by constants of the training split."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor

Preprocessing = Literal["none", "minmax", "zscore", "zca"]
State = dict[str, Any]

# Examples at a time; a megabyte or so of MNIST.
CHUNK = 1024
# Added to the variances that whitening divides by, as a share of the largest; below it is noise.
WHITENING_FLOOR = 1e-3


class Normalizer(ABC):
    """Maps raw inputs ``(N, ...)`` of any number type to float32 of the same shape."""

    name: str

    @abstractmethod
    def __call__(self, inputs: Tensor) -> Tensor:
        """A prepared copy."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """The constants."""

    @abstractmethod
    def to(self, device: torch.device) -> Normalizer:
        """The same with its constants on ``device``."""


class Raw(Normalizer):
    """Inputs as they are, as float32."""

    name = "none"

    def __call__(self, inputs: Tensor) -> Tensor:
        """A float32 copy."""
        return inputs.to(torch.float32, copy=True)

    def state(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def to(self, device: torch.device) -> Raw:
        """Itself."""
        return self


class Affine(Normalizer):
    """Subtract ``shift`` and multiply by ``scale``.

    Args:
        shift: of each channel or feature, shaped to broadcast over one example.
        scale: likewise.
        name: by which rule the two were found.
    """

    def __init__(self, shift: Tensor, scale: Tensor, name: str = "zscore") -> None:
        self.shift = shift
        self.scale = scale
        self.name = name

    def __call__(self, inputs: Tensor) -> Tensor:
        """Normalise a batch ``(B, ...)`` of any number type into float32."""
        return inputs.to(torch.float32, copy=True).sub_(self.shift).mul_(self.scale)

    def state(self) -> dict[str, Tensor]:
        """Both constants."""
        return {"shift": self.shift.cpu(), "scale": self.scale.cpu()}

    def to(self, device: torch.device) -> Affine:
        """The same with its constants on ``device``."""
        return Affine(self.shift.to(device), self.scale.to(device), self.name)


class Whiten(Normalizer):
    """ZCA: decorrelated inputs of variance 1 that stay as near as can be to the raw ones.

    Bell & Sejnowski 1997, "The independent components of natural scenes are edge filters".

    Args:
        mean: of each feature, ``(F,)``.
        matrix: ``U (S + e)^(-1/2) U^T`` of the covariance ``U S U^T``, ``(F, F)``.
    """

    name = "zca"

    def __init__(self, mean: Tensor, matrix: Tensor) -> None:
        self.mean = mean
        self.matrix = matrix

    def __call__(self, inputs: Tensor) -> Tensor:
        """Whiten a batch ``(B, ...)``."""
        flat = inputs.flatten(1).to(torch.float32, copy=True).sub_(self.mean)
        return (flat @ self.matrix).view(inputs.shape)

    def state(self) -> dict[str, Tensor]:
        """Both constants."""
        return {"mean": self.mean.cpu(), "matrix": self.matrix.cpu()}

    def to(self, device: torch.device) -> Whiten:
        """The same with its constants on ``device``."""
        return Whiten(self.mean.to(device), self.matrix.to(device))


def fit_normalizer(rule: Preprocessing, inputs: Tensor, dims: tuple[int, ...]) -> Normalizer:
    """What a rule makes of the training split.

    Args:
        rule: ``none``; ``minmax``, to [0, 1]; ``zscore``, to mean 0 and standard deviation 1;
            ``zca``, whitened.
        inputs: of the training split, ``(N, ...)``.
        dims: what the constants of ``minmax`` and ``zscore`` are taken over; where nothing varies
            there, the input is only centred.
    """
    rules: dict[str, Callable[[], Normalizer]] = {
        "none": Raw,
        "minmax": lambda: fit_minmax(inputs, dims),
        "zscore": lambda: fit_zscore(inputs, dims),
        "zca": lambda: fit_zca(inputs),
    }
    return rules[rule]()


def restore_normalizer(rule: Preprocessing, state: Mapping[str, Tensor]) -> Normalizer:
    """The normaliser of a state, which may be that of a training by another rule."""
    if not state:
        return Raw()
    if "matrix" in state:
        return Whiten(**state)
    return Affine(**state, name=rule)


def fit_minmax(inputs: Tensor, dims: tuple[int, ...]) -> Affine:
    """From the smallest to the largest of ``dims`` becomes 0 to 1."""
    low = inputs.amin(dims, keepdim=True)[0].float()
    high = inputs.amax(dims, keepdim=True)[0].float()
    return Affine(low, inverse(high - low), "minmax")


def fit_zscore(inputs: Tensor, dims: tuple[int, ...]) -> Affine:
    """Mean 0 and standard deviation 1 over ``dims``.

    Goes through the data twice in chunks, because one pass over squares loses the digits of
    features that are large and vary little, and a float copy of all of it is not needed.
    """
    mean = chunked_mean(inputs, dims)
    centre = mean.float()
    variance = chunked_mean(inputs, dims, lambda part: part.sub_(centre).square_())
    # What is the same everywhere differs from its own mean by what a float rounds away.
    varies = inputs.amin(dims, keepdim=True) < inputs.amax(dims, keepdim=True)
    return Affine(centre[0], inverse((variance.sqrt().float() * varies)[0]))


def fit_zca(inputs: Tensor) -> Whiten:
    """The whitening of the flattened inputs."""
    mean = chunked_mean(inputs.flatten(1), (0,))[0]
    total = torch.zeros(len(mean), len(mean), dtype=torch.float64)
    for start in range(0, len(inputs), CHUNK):
        centred = inputs[start : start + CHUNK].flatten(1).double() - mean
        total += centred.T @ centred
    variances, axes = torch.linalg.eigh(total / len(inputs))
    floor = WHITENING_FLOOR * variances.max()
    matrix = axes @ torch.diag((variances.clamp(min=0) + floor).rsqrt()) @ axes.T
    return Whiten(mean.float(), matrix.float())


def inverse(width: Tensor) -> Tensor:
    """One over a width, and 1 where there is none."""
    return torch.where(width > 0, 1 / width, torch.ones_like(width))


def chunked_mean(
    inputs: Tensor,
    dims: tuple[int, ...],
    change: Callable[[Tensor], Tensor] = lambda part: part,
) -> Tensor:
    """The mean over ``dims``, kept as size 1, of ``change`` of the inputs, in double precision."""
    total, count = torch.zeros((), dtype=torch.float64), 0
    for start in range(0, len(inputs), CHUNK):
        part = change(inputs[start : start + CHUNK].to(torch.float32, copy=True))
        sums = part.sum(dim=dims, keepdim=True)
        total = total + sums
        count += part.numel() // sums.numel()
    return total / count


def bounds(normalizer: Normalizer, inputs: Tensor, dims: tuple[int, ...]) -> tuple[float, float]:
    """The smallest and the largest prepared input."""
    if isinstance(normalizer, Whiten):
        chunks = (inputs[start : start + CHUNK] for start in range(0, len(inputs), CHUNK))
        extremes = [normalizer(chunk).aminmax() for chunk in chunks]
    else:
        # an affine map keeps the order within a channel or feature
        lowest, highest = inputs.amin(dims, keepdim=True), inputs.amax(dims, keepdim=True)
        extremes = [normalizer(lowest).aminmax(), normalizer(highest).aminmax()]
    low = min(float(extreme.min) for extreme in extremes)
    return low, max(float(extreme.max) for extreme in extremes)


def image_dims(inputs: Tensor) -> tuple[int, ...]:
    """The dimensions to average over: all but the channels of images, the examples of vectors."""
    return (0, *range(2, inputs.ndim))

"""Random changes to a batch of signals that keep what they are."""

from __future__ import annotations

import torch
from torch import Tensor

from dlcli.errors import ConfigError


class AugmentSignal:
    """Move, stretch in height, and blur with noise the signals of a batch, each at random.

    Jitter and scaling as in Um et al. 2017, "Data augmentation of wearable sensor data".

    Args:
        shift: the most steps a signal moves in time, either way; its edge values move in.
        scale: the standard deviation of the factor, around 1, that a signal is multiplied by.
        noise: the standard deviation of the noise added to each value, as a share of the
            channel's own deviation in that signal.

    Raises:
        ConfigError: if one of them is negative.
    """

    def __init__(self, shift: int = 0, scale: float = 0.0, noise: float = 0.0) -> None:
        amounts = {"shift": shift, "scale": scale, "noise": noise}
        problems = [
            f"data.augment.{name}: {amount} is negative; 0 is none"
            for name, amount in amounts.items()
            if amount < 0
        ]
        if problems:
            raise ConfigError(problems)
        self.shift = shift
        self.scale = scale
        self.noise = noise

    def __call__(self, signals: Tensor, generator: torch.Generator) -> Tensor:
        """A changed copy of a batch ``(B, C, T)``, drawn from ``generator``."""
        if self.shift:
            signals = shifted(signals, self.shift, generator)
        if self.scale:
            signals = scaled(signals, self.scale, generator)
        if self.noise:
            signals = noisy(signals, self.noise, generator)
        return signals


def shifted(signals: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Move each signal by its own offset in ``[-most, most]``, all channels alike."""
    count, channels, length = signals.shape
    offsets = torch.randint(-most, most + 1, (count, 1), generator=generator)
    steps = (torch.arange(length) - offsets).clamp(0, length - 1).to(signals.device)
    return signals.gather(2, steps[:, None].expand(count, channels, length))


def scaled(signals: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """Multiply each signal by its own factor from N(1, deviation²), all channels alike."""
    factors = 1 + deviation * torch.randn(len(signals), 1, 1, generator=generator)
    return signals * factors.to(signals.device)


def noisy(signals: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Add normal noise of ``share`` of each channel's own deviation."""
    noise = torch.randn(signals.shape, generator=generator).to(signals.device)
    return signals + share * signals.std(2, correction=0, keepdim=True) * noise

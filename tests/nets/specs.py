"""What the data of the tests of sequence nets looks like."""

from __future__ import annotations

import torch
from torch import Tensor

from dlcli.data.spec import DataSpec

VOCABULARY = tuple("_abcdefghijk")
CLASSES = ("no", "so", "yes")
TEXT = DataSpec("tokens", (9,), "class", classes=CLASSES, vocabulary=VOCABULARY, padding=0)
NEXT = DataSpec("tokens", (9,), "next_token", vocabulary=VOCABULARY)
IMAGE = DataSpec("image", (3, 12, 8), "class", classes=CLASSES)
SIGNAL = DataSpec("signal", (2, 16), "value", values=2)
VECTOR = DataSpec("vector", (5,), "class", classes=CLASSES)
ITSELF = DataSpec("image", (3, 12, 8), "input")
LENGTHS = (9, 5, 2, 1, 6)


def texts() -> Tensor:
    """A text of each length, filled up with padding."""
    x = torch.randint(1, len(VOCABULARY), (len(LENGTHS), max(LENGTHS)))
    for text, length in zip(x, LENGTHS, strict=True):
        text[length:] = 0
    return x


def alone(net: torch.nn.Module, x: Tensor) -> Tensor:
    """The answers to texts of ``LENGTHS``, read one at a time and with no padding."""
    parts = zip(x, LENGTHS, strict=True)
    return torch.cat([net(text[None, :length]) for text, length in parts])

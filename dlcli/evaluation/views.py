"""Views of an image that should be answered alike: moved by a little, mirrored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.evaluation.request import FLIP, SHIFT

View = Callable[[Tensor], Tensor]

STEP = 16  # an image is moved by one part of so many of its side, and by a pixel at least


def check_views(kinds: Sequence[str], spec: DataSpec) -> None:
    """Refuse views that make another example of an example.

    Raises:
        ConfigError: with the reason.
    """
    if not kinds:
        return
    if spec.kind != "image":
        raise ConfigError(
            f"--tta: only images are moved and mirrored, and this data is of kind {spec.kind}"
        )
    if FLIP in kinds and all(len(name) == 1 and name.isalnum() for name in spec.classes):
        some = ", ".join(spec.classes[:3])
        raise ConfigError(
            f"--tta {FLIP}: the classes are characters ({some}, …), and a mirrored one is another "
            f"or none; use --tta {SHIFT}"
        )


def views(kinds: Sequence[str], spec: DataSpec) -> list[View]:
    """The views beside the image itself.

    ``shift``: moved up, down, left and right by a sixteenth of the side, as a crop of the image
    with its border repeated is. ``flip``: mirrored, left for right. Both: those of
    ``shift``, and all of them mirrored.
    """
    down, right = (max(1, round(side / STEP)) for side in spec.shape[-2:])
    offsets = [(0, 0)]
    if SHIFT in kinds:
        offsets += [(-down, 0), (down, 0), (0, -right), (0, right)]
    flips = [False, True] if FLIP in kinds else [False]
    return [view(*offset, flip) for flip in flips for offset in offsets][1:]


def view(down: int, right: int, flip: bool) -> View:
    """Move images ``(B, C, H, W)`` by so many pixels, the border repeated; then mirror them."""

    def change(images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        rows = (torch.arange(height, device=images.device) - down).clamp(0, height - 1)
        columns = (torch.arange(width, device=images.device) - right).clamp(0, width - 1)
        moved = images.index_select(-2, rows).index_select(-1, columns)
        return moved.flip(-1) if flip else moved

    return change


def seen(loader: Any, change: View) -> Any:
    """A loader of changed images: before they are prepared where it can be, else after that."""
    if not hasattr(loader, "augment"):
        return Seen(loader, change)
    loader.augment = lambda images, generator: change(images)
    return loader


class Seen:
    """Batches of another loader with their inputs changed.

    Args:
        loader: of batches whose first part are the inputs.
        change: of the inputs.
    """

    def __init__(self, loader: Any, change: View) -> None:
        self.loader = loader
        self.change = change

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        for inputs, *rest in self.loader:
            yield [self.change(inputs), *rest]

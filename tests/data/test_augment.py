"""Augmentation moves and mirrors images, and nothing else."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.augment import Augment, flipped, shifted
from dlcli.data.seed import generator
from dlcli.errors import ConfigError


def moved(image: torch.Tensor, dy: int, dx: int) -> torch.Tensor:
    height, width = image.shape[-2:]
    framed = torch.nn.functional.pad(image, (2, 2, 2, 2))
    return framed[..., dy : dy + height, dx : dx + width]


def test_a_shift_is_one_of_all_places_with_zeros_moved_in():
    image = torch.arange(1, 21).reshape(1, 4, 5)
    places = [moved(image, dy, dx) for dy in range(5) for dx in range(5)]
    shifts = shifted(image.expand(500, 1, 4, 5), 2, generator(0))
    found = {next(i for i, p in enumerate(places) if torch.equal(s, p)) for s in shifts}
    assert found == set(range(25))


def test_about_half_of_the_images_are_mirrored():
    image = torch.arange(12.0).reshape(1, 3, 4)
    results = flipped(image.expand(1000, 1, 3, 4), generator(0))
    mirrored = (results == image.flip(-1)).flatten(1).all(1)
    kept = (results == image).flatten(1).all(1)
    assert bool((mirrored ^ kept).all())
    assert 400 < int(mirrored.sum()) < 600


def test_without_shift_and_flip_images_stay():
    images = torch.rand(3, 1, 4, 4)
    assert Augment()(images, generator(0)) is images


def test_the_batch_given_is_not_changed():
    images = torch.rand(8, 3, 4, 4)
    before = images.clone()
    changed = Augment(shift=1, flip=True)(images, generator(1))
    assert torch.equal(images, before)
    assert changed.shape == images.shape
    assert changed.dtype == images.dtype


def test_a_negative_shift_is_refused():
    with pytest.raises(ConfigError, match=r"^data\.augment\.shift: -1 is negative; "):
        Augment(shift=-1)

"""Augmentation changes images as it is asked to, and nothing else."""

from __future__ import annotations

import math

import pytest
import torch

from dlcli.data.augment import Augment, crops, erased, flipped, noisy, shifted, turns, within
from dlcli.data.seed import generator
from dlcli.errors import ConfigError


def moved(image: torch.Tensor, dy: int, dx: int) -> torch.Tensor:
    height, width = image.shape[-2:]
    framed = torch.nn.functional.pad(image, (2, 2, 2, 2))
    return framed[..., dy : dy + height, dx : dx + width]


def warped(image: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    images = image.expand(len(maps), *image.shape)
    grid = torch.nn.functional.affine_grid(maps[:, :2], list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images, grid, align_corners=False)


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


def test_a_quarter_turn_is_torch_s_own():
    image = torch.arange(25.0).reshape(1, 5, 5)
    result = warped(image, turns(torch.tensor([90.0, -90.0]), torch.ones(2), 1.0))
    torch.testing.assert_close(result[0], image.rot90(1, (1, 2)), atol=1e-3, rtol=0)
    torch.testing.assert_close(result[1], image.rot90(-1, (1, 2)), atol=1e-3, rtol=0)


def test_a_turn_keeps_distances_in_an_image_that_is_not_square():
    # a point three pixels right of the centre comes from three pixels below it, and is found there
    image = torch.zeros(1, 9, 15)
    image[0, 4 + 3, 7] = 1
    result = warped(image, turns(torch.tensor([90.0]), torch.ones(1), 9 / 15))
    assert result[0, 0].round().nonzero().tolist() == [[4, 7 + 3]]


def test_twice_the_size_shows_the_middle():
    image = torch.zeros(1, 8, 8)
    image[:, 2:6, 2:6] = 1
    result = warped(image, turns(torch.zeros(1), torch.tensor([2.0]), 1.0))
    assert (result[0, 0, 1:7, 1:7] == 1).all()


def test_rotation_and_scale_stay_within_their_limits():
    image = torch.zeros(400, 1, 51, 51)
    image[:, :, 25, 45] = 255  # twenty pixels right of the centre
    results = Augment(rotate=30, scale=0.2)(image, generator(0)).flatten(1).argmax(1)
    down, right = (results // 51 - 25).float(), (results % 51 - 25).float()
    angles, lengths = torch.rad2deg(torch.atan2(-down, right)), torch.hypot(down, right)
    assert (26 < angles.max() <= 32, -32 <= angles.min() < -26) == (True, True)
    assert (15 < lengths.min() < 17, 23 < lengths.max() < 25) == (True, True)


def test_a_crop_lies_within_the_image_and_keeps_the_share_of_its_area():
    maps = crops(0.25, 2000, generator(0))
    sides, centres = torch.stack([maps[:, 0, 0], maps[:, 1, 1]], 1), maps[:, :2, 2]
    areas = sides.prod(1)
    assert bool((centres.abs() + sides <= 1 + 1e-6).all())
    assert (0.2 < areas.min() < 0.27, 0.9 < areas.max() <= 1) == (True, True)
    ratios = sides[:, 0] / sides[:, 1]
    assert math.isclose(ratios[areas < 0.5].min(), 3 / 4, abs_tol=0.01)
    assert math.isclose(ratios[areas < 0.5].max(), 4 / 3, abs_tol=0.01)


def test_a_crop_is_brought_up_to_the_whole_size():
    ramp = torch.arange(32.0).expand(50, 1, 32, 32)
    results = Augment(crop=0.25)(ramp, generator(0))
    assert results.shape == ramp.shape
    steps = results[:, 0, 16, 20] - results[:, 0, 16, 12]  # 8 in the image as it is
    assert (3 < steps.min() < 5, steps.max() <= 8.01) == (True, True)


def test_noise_has_its_share_of_the_range_as_deviation():
    images = torch.full((20, 1, 50, 50), 100, dtype=torch.uint8)
    images[0, 0, 0, 0], images[0, 0, 0, 1] = 50, 250
    added = noisy(images, 0.1, generator(0)) - images
    assert math.isclose(added.std(), 20.0, rel_tol=0.02)
    assert abs(float(added.mean())) < 0.3


def test_a_square_of_zeros_is_centred_anywhere_and_cut_at_the_edge():
    results = erased(torch.ones(3000, 2, 6, 7), 3, generator(0))
    assert bool((results[:, 0] == results[:, 1]).all())
    missing = (results[:, 0] == 0).sum((1, 2))
    # 3 or, at an edge, 2 of the rows, times 3 or 2 of the columns
    assert missing.unique().tolist() == [4, 6, 9]
    assert math.isclose((missing == 9).float().mean(), 4 / 6 * 5 / 7, abs_tol=0.03)
    assert within(6, 2, 500, generator(0)).sum(1).unique().tolist() == [1, 2]


EVERYTHING = {
    "shift": 1,
    "flip": True,
    "rotate": 10,
    "scale": 0.1,
    "crop": 0.8,
    "colour": 0.2,
    "noise": 0.1,
    "erase": 2,
}
BYTES = {"shift", "flip", "erase"}


@pytest.mark.parametrize("option", EVERYTHING)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_option_changes_a_copy_and_only_by_the_generator(option, channels):
    images = torch.randint(256, (8, channels, 6, 5), generator=generator(1), dtype=torch.uint8)
    before = images.clone()
    augment = Augment(**{option: EVERYTHING[option]})
    first, again, other = (augment(images, generator(seed)) for seed in (0, 0, 2))
    assert torch.equal(images, before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == images.shape
    assert first.dtype == (torch.uint8 if option in BYTES else torch.float32)


def test_all_options_work_together():
    images = torch.rand(8, 3, 9, 7)
    changed = Augment(**EVERYTHING)(images, generator(1))
    assert changed.isfinite().all()


def test_without_options_images_stay():
    images = torch.rand(3, 1, 4, 4)
    assert Augment()(images, generator(0)) is images


def test_all_arguments_out_of_range_are_refused_at_once():
    with pytest.raises(ConfigError) as caught:
        Augment(shift=-1, rotate=181, scale=1.0, crop=0.0, colour=1.5, noise=-0.1, erase=-2)
    assert caught.value.problems == [
        "data.augment.shift: -1 is negative; pixels count from 0 up",
        "data.augment.rotate: 181 is not from 0 to 180 degrees",
        "data.augment.scale: 1.0 is not in [0, 1), a share of the size",
        "data.augment.crop: 0.0 is not in (0, 1], a share of the area",
        "data.augment.colour: 1.5 is not in [0, 1], a share",
        "data.augment.noise: -0.1 is negative; it is a standard deviation",
        "data.augment.erase: -2 is negative; pixels count from 0 up",
    ]

"""Brightness, contrast and saturation change by a share, as torchvision changes them."""

from __future__ import annotations

import pytest
import torch
from torchvision.transforms.v2 import functional

from dlcli.data.colour import grey, jittered
from dlcli.data.seed import generator


def factors(count: int, most: float, seed: int) -> torch.Tensor:
    drawn = torch.empty(3, count, 1, 1, 1)
    return drawn.uniform_(1 - most, 1 + most, generator=generator(seed)).view(3, count)


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_what_torchvision_does(channels):
    images = 0.3 + 0.4 * torch.rand(5, channels, 4, 4)
    images[0, 0, 0, :2] = torch.tensor([0.0, 1.0])  # the range of the batch is torchvision's
    result = jittered(images, 0.2, generator(3))
    for image, shown, (bright, contrast, colour) in zip(
        images, result, factors(5, 0.2, 3).T.tolist(), strict=True
    ):
        expected = functional.adjust_brightness(image, bright)
        expected = functional.adjust_contrast(expected, contrast)
        if channels == 3:
            expected = functional.adjust_saturation(expected, colour)
        inside = (image > 0.2) & (image < 0.8)
        torch.testing.assert_close(shown[inside], expected[inside], atol=0.02, rtol=0)


def test_bytes_stay_in_their_range():
    images = torch.tensor([16, 20, 250], dtype=torch.uint8).repeat(64, 1, 4, 1)
    result = jittered(images, 0.9, generator(0))
    assert (result.dtype, float(result.min()), float(result.max())) == (torch.float32, 16, 250)


def test_grey_is_what_the_eye_sees_of_red_green_and_blue():
    image = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    assert float(grey(image)) == pytest.approx(0.299 + 2 * 0.587 + 3 * 0.114)
    assert float(grey(image[:, :2])) == 1.5

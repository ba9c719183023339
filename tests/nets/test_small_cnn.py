"""The small conv net has the layers that courses draw."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.nets.small_cnn import SmallCNN

DIGITS = tuple("0123456789")


def test_it_has_two_convolutions_of_10_and_20_channels_and_50_units():
    # 10 (25 + 1), 20 (250 + 1), 50 (320 + 1), 10 (50 + 1)
    net = SmallCNN(DataSpec("image", (1, 28, 28), "class", classes=DIGITS))
    assert sum(p.numel() for p in net.parameters()) == 260 + 5020 + 16050 + 510


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 27, 28), (3, 32, 40)])
def test_it_reads_images_of_any_size(shape):
    spec = DataSpec("image", shape, "class", classes=DIGITS)
    assert SmallCNN(spec)(torch.rand(2, *shape)).shape == (2, 10)

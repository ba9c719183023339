"""The net for signals is that of its paper, and reads signals alone."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.signal import SignalCNN

ECG = DataSpec("signal", (1, 96), "class", classes=("-1", "1"))


def test_at_full_width_it_has_the_papers_parameters():
    net = SignalCNN(ECG, channels=[128, 256, 128])
    blocks = [(1, 128, 8), (128, 256, 5), (256, 128, 3)]
    # weights of a convolution, and two numbers a channel of batch norm; the head
    expected = sum(i * o * k + 2 * o for i, o, k in blocks) + 128 * 2 + 2
    assert sum(p.numel() for p in net.parameters()) == expected


@pytest.mark.parametrize("length", [1, 3, 96, 1000])
def test_it_reads_signals_of_any_length_and_channels(length):
    spec = DataSpec("signal", (3, length), "value", values=2)
    assert SignalCNN(spec)(torch.rand(4, 3, length)).shape == (4, 2)


def test_without_padding_at_play_the_mean_over_time_does_not_mind_where_a_beat_is():
    net = SignalCNN(ECG).eval()
    beat = torch.zeros(1, 1, 96)
    beat[..., 40:50] = torch.rand(10)
    with torch.no_grad():
        assert torch.allclose(net(beat), net(beat.roll(9, 2)), atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "shape", "other"),
    [("image", (1, 8, 8), "cnn"), ("tokens", (8,), "cnn/text"), ("vector", (5,), "mlp")],
)
def test_other_kinds_are_refused(kind, shape, other):
    with pytest.raises(ConfigError) as caught:
        SignalCNN(DataSpec(kind, shape, "class", classes=("a", "b"), vocabulary=("x",)))
    assert str(caught.value) == f"model=cnn/signal: reads signals, not {kind}; use model={other}"


@pytest.mark.parametrize(
    ("channels", "kernels"), [([], []), ([8, 8], [3]), ([8, 0], [3, 3]), ([8], [0])]
)
def test_blocks_without_channels_or_width_are_refused(channels, kernels):
    with pytest.raises(ConfigError) as caught:
        SignalCNN(ECG, channels=channels, kernels=kernels)
    assert str(caught.value) == (
        f"model.net: channels {channels} and kernels {kernels}; "
        "name one positive number a block in each, and at least one block"
    )

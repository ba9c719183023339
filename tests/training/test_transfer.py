"""A net starts from the weights that fit it, and says which do not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from dlcli.data.spec import DataSpec
from dlcli.errors import CheckpointError
from dlcli.nets.cnn import CNN
from dlcli.nets.mlp import MLP
from dlcli.nets.resnet import ResNet
from dlcli.training.transfer import Weights, by_token, read_weights, start_from

DIGITS = DataSpec("image", (1, 8, 8), "class", classes=tuple("0123456789"))
SHAPES = DataSpec("image", (1, 8, 8), "class", classes=("round", "square"))
LETTERS = DataSpec("image", (1, 8, 8), "class", classes=tuple("abcdefghij"))


def weights(net: nn.Module, classes: tuple[str, ...] = DIGITS.classes) -> Weights:
    return Weights(Path("old.ckpt"), net.state_dict(), classes)


def equal(one: nn.Module, other: nn.Module, name: str) -> bool:
    return torch.equal(one.state_dict()[name], other.state_dict()[name])


def test_a_net_for_the_same_classes_starts_whole():
    old, new = CNN(DIGITS), CNN(DIGITS)
    assert start_from(new, DIGITS, weights(old)) == "14 of 14 tensors from old.ckpt"
    assert all(equal(old, new, name) for name in old.state_dict())


@pytest.mark.parametrize("spec", [SHAPES, LETTERS])
def test_other_classes_get_a_new_output_layer_also_where_there_are_as_many(spec):
    old, new = CNN(DIGITS), CNN(spec)
    with pytest.warns(UserWarning, match=r"12 of 14 .* new: head\.weight, head\.bias$"):
        start_from(new, spec, weights(old))
    assert equal(old, new, "trunk.0.0.weight")
    assert equal(old, new, "trunk.1.1.running_var")
    assert not torch.equal(old.head.weight[:2], new.head.weight[:2])


class Wrapped(nn.Module):
    """A net that another library named, behind a name of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def test_a_state_dict_saved_without_the_prefix_is_found(tmp_path):
    inner = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    torch.save(inner.state_dict(), tmp_path / "inner.pth")
    net = Wrapped()
    start_from(net, SHAPES, read_weights(tmp_path / "inner.pth"))
    assert torch.equal(net.trunk[0].weight, inner[0].weight)


def test_weights_of_another_net_are_refused():
    with pytest.raises(CheckpointError) as refusal:
        start_from(MLP(DIGITS), DIGITS, weights(CNN(DIGITS)))
    assert str(refusal.value) == (
        "model.init_from: old.ckpt: nothing of it fits the net; it has trunk.0.0.weight, "
        "trunk.0.1.weight, trunk.0.1.bias, trunk.0.1.running_mean and 10 more, the net "
        "trunk.0.0.weight, trunk.0.0.bias, trunk.1.0.weight, trunk.1.0.bias and 2 more"
    )


def test_rows_of_shared_tokens_are_copied_under_their_new_places():
    old, own = torch.tensor([[1.0], [2.0], [3.0]]), torch.zeros(4, 1)
    moved = by_token(old, own, ("a", "b", "c"), ("c", "x", "a", "y"))
    assert moved.tolist() == [[3.0], [0.0], [1.0], [0.0]]


def test_a_net_with_batch_norm_starts_from_another_vocabulary():
    words = DataSpec("tokens", (16,), "class", classes=("bad", "good"), vocabulary=("a", "b", "c"))
    other = replace(words, vocabulary=("a", "c", "x", "b"))
    old, new = CNN(words), CNN(other)
    known = Weights(Path("old.ckpt"), old.state_dict(), words.classes, words.vocabulary)
    assert start_from(new, other, known) == "15 of 15 tensors from old.ckpt"
    assert torch.equal(new.stem.weight[[0, 1, 3]], old.stem.weight[[0, 2, 1]])


def content(path: Path, what: object) -> Path:
    torch.save(what, path)
    return path


REFUSALS = [
    (lambda folder: folder / "no.pt", "{path}: no such file"),
    (
        lambda folder: content(folder / "list.pt", [1]),
        "{path}: holds a list, no weights by name; save the state_dict of a net",
    ),
    (
        lambda folder: content(folder / "words.pt", {"a": 1, "b": "c"}),
        "{path}: holds no weights, only a, b",
    ),
]


@pytest.mark.parametrize(("make", "reason"), REFUSALS)
def test_a_file_without_weights_is_refused(tmp_path, make, reason):
    path = make(tmp_path)
    with pytest.raises(CheckpointError) as refusal:
        read_weights(path)
    assert str(refusal.value) == "model.init_from: " + reason.format(path=path)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    path = content(tmp_path / "net.pt", {"net": partial(print, "never")})
    with pytest.raises(CheckpointError, match="not a file of weights that dlcli can trust"):
        read_weights(path)


def test_torchvisions_weights_fit_but_for_the_stem_of_small_images_and_the_classes(tmp_path):
    from torchvision.models import resnet18

    photos = DataSpec("image", (3, 32, 32), "class", classes=("cat", "dog"))
    published, net = resnet18(weights=None), ResNet(photos, 18)
    torch.save(published.state_dict(), tmp_path / "resnet18.pth")
    with pytest.warns(UserWarning, match="new: ") as caught:
        start_from(net, photos, read_weights(tmp_path / "resnet18.pth"))
    assert str(caught[0].message) == (
        "model.init_from: 119 of 122 tensors from resnet18.pth; new: conv1.weight, fc.weight, "
        "fc.bias"
    )
    assert equal(published, net, "layer4.1.conv2.weight")

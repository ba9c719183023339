"""ResNet and VGG are torchvision's, name by name, for images of any size."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.nets.factorised import Factorised
from dlcli.nets.resnet import ResNet
from dlcli.nets.small_cnn import SmallCNN
from dlcli.nets.vgg import VGG

DIGITS = tuple("0123456789")


def images(side: int, channels: int = 3, classes: tuple[str, ...] = DIGITS) -> DataSpec:
    return DataSpec("image", (channels, side, side), "class", classes=classes)


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}


@pytest.mark.parametrize("depth", [18, 34])
def test_a_resnet_for_large_images_is_torchvision_s(depth):
    thousand = images(64, classes=tuple(map(str, range(1000))))
    with torch.device("meta"):
        known = getattr(models, f"resnet{depth}")()
    assert shapes(ResNet(thousand, depth)) == shapes(known)


def test_the_weights_of_torchvision_give_the_same_answers():
    torch.manual_seed(0)
    known = models.resnet18(num_classes=10).eval()
    net = ResNet(images(64)).eval()
    net.load_state_dict(known.state_dict())
    batch = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(net(batch), known(batch), atol=1e-4, rtol=1e-4)


def test_a_small_image_is_read_without_stride_or_pooling():
    net = ResNet(images(28, channels=1))
    assert (tuple(net.conv1.weight.shape), net.conv1.stride) == ((64, 1, 3, 3), (1, 1))
    assert net.layer1(net.maxpool(net.conv1(torch.rand(1, 1, 28, 28)))).shape[2:] == (28, 28)
    # torchvision's 11,689,512 less its stem and head of 1000, and ours
    assert count(net) == 11_689_512 - 64 * 3 * 49 - 513 * 1000 + 64 * 9 + 513 * 10


@pytest.mark.parametrize("depth", [11, 16])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_vgg_for_large_images_is_torchvision_s(depth, batch_norm):
    with torch.device("meta"):
        known = getattr(models, f"vgg{depth}{'_bn' if batch_norm else ''}")(num_classes=10)
        net = VGG(images(224), depth, batch_norm=batch_norm)
    assert shapes(net) == shapes(known)


@pytest.mark.parametrize(("side", "left"), [(8, 1), (28, 1), (32, 1), (63, 1), (64, 2)])
def test_a_vgg_pools_as_often_as_the_image_allows(side, left):
    with torch.device("meta"):
        net = VGG(images(side, channels=1))
        assert net.features(torch.rand(2, 1, side, side)).shape == (2, 512, left, left)
        assert net(torch.rand(2, 1, side, side)).shape == (2, 10)


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("sides", [(2, 2), (3, 5), (7, 8), (16, 2)])
def test_a_vgg_averages_as_torchvision_s_without_what_is_not_deterministic(sides, deterministic):
    maps = torch.randn(2, 4, *sides, requires_grad=True)
    weights = torch.randn(2, 4, 7, 7)
    known = nn.AdaptiveAvgPool2d((7, 7))(maps)
    (expected,) = torch.autograd.grad((known * weights).sum(), maps)
    found = VGG(images(64), units=1).avgpool(maps)
    (gradient,) = torch.autograd.grad((found * weights).sum(), maps)
    torch.testing.assert_close(found, known)
    torch.testing.assert_close(gradient, expected)
    # the gradient of adaptive pooling is refused on a GPU
    assert "Adaptive" not in found.grad_fn.name()


def test_a_vgg_for_small_images_has_a_small_classifier():
    with torch.device("meta"):
        net = VGG(images(32))
    # the published 9,220,480 of the convolutions of VGG-11, 5,504 of batch norm, 2 hidden layers
    assert count(net) == 9_220_480 + 5_504 + 2 * 513 * 512 + 513 * 10


@pytest.mark.parametrize("net", [ResNet, VGG])
def test_they_read_values_and_grey_images(net):
    spec = DataSpec("image", (1, 20, 33), "value", values=2)
    assert net(spec)(torch.rand(2, 1, 20, 33)).shape == (2, 2)


NAMES = {ResNet: "cnn/resnet18", VGG: "cnn/vgg11", SmallCNN: "cnn/small"}
NAMES[Factorised] = "cnn/factorised"
OTHERS = {"signal": ((2, 16), "cnn"), "tokens": ((8,), "cnn"), "vector": ((5,), "mlp")}


@pytest.mark.parametrize(("net", "name"), NAMES.items())
@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_image_is_refused(net, name, kind):
    shape, instead = OTHERS[kind]
    with pytest.raises(ConfigError) as refusal:
        net(DataSpec(kind, shape, "class", classes=DIGITS, vocabulary=tuple("ab")))
    assert refusal.value.problems == [
        f"model={name}: reads images, not {kind}; use model={instead}"
    ]


@pytest.mark.parametrize(("net", "name"), NAMES.items())
def test_the_input_itself_is_refused(net, name):
    with pytest.raises(ConfigError) as refusal:
        net(DataSpec("image", (1, 8, 8), "input"))
    assert refusal.value.problems == [
        f"model={name}: gives one answer an example (a class or values), "
        "but this data asks for the input itself"
    ]


@pytest.mark.parametrize(
    ("net", "choices"), [(ResNet, "18, 34"), (VGG, "11, 16")], ids=["resnet", "vgg"]
)
def test_an_unknown_depth_is_refused(net, choices):
    with pytest.raises(ConfigError) as refusal:
        net(images(32), depth=50)
    assert refusal.value.problems == [f"model.net.depth: '50' is unknown; choices: {choices}"]

"""Views of an image that are answered alike, and what has none."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.loader import TensorLoader
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.evaluation.views import check_views, seen, view, views

PHOTOS = DataSpec("image", (1, 3, 3), "class", classes=("cat", "dog"))
IMAGE = torch.arange(9, dtype=torch.uint8).view(1, 1, 3, 3)


def test_a_moved_image_repeats_its_border():
    assert view(1, 0, False)(IMAGE).view(3, 3).tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5]]
    assert view(0, -1, False)(IMAGE).view(3, 3).tolist() == [[1, 2, 2], [4, 5, 5], [7, 8, 8]]
    assert view(0, 0, True)(IMAGE).view(3, 3).tolist() == [[2, 1, 0], [5, 4, 3], [8, 7, 6]]


@pytest.mark.parametrize(
    ("kinds", "count"), [(("shift",), 4), (("flip",), 1), (("shift", "flip"), 9)]
)
def test_there_is_each_view_once_beside_the_image_itself(kinds, count):
    made = [change(IMAGE).flatten().tolist() for change in views(kinds, PHOTOS)]
    assert len(made) == count
    assert len({tuple(pixels) for pixels in made} | {tuple(range(9))}) == count + 1


def test_an_image_is_moved_by_a_sixteenth_of_its_side():
    wide = DataSpec("image", (1, 32, 64), "class", classes=("a", "b"))
    pixels = torch.zeros(1, 1, 32, 64)
    pixels[0, 0, 16, 32] = 1
    places = [change(pixels)[0, 0].nonzero().tolist()[0] for change in views(("shift",), wide)]
    assert places == [[14, 32], [18, 32], [16, 28], [16, 36]]


def test_images_are_changed_before_they_are_prepared():
    loader = TensorLoader(IMAGE, torch.zeros(1), 1, prepare=lambda images: images.float() / 2)
    ((inputs, _),) = seen(loader, view(0, 0, True))
    assert inputs[0, 0, 0].tolist() == [1.0, 0.5, 0.0]


def test_of_another_loader_the_batches_are_changed():
    batches = seen([(IMAGE, "target")], view(0, 0, True))
    assert len(batches) == 1
    ((inputs, target),) = batches
    assert (inputs[0, 0, 0].tolist(), target) == ([2, 1, 0], "target")


@pytest.mark.parametrize(
    ("kinds", "spec", "message"),
    [
        (
            ("shift",),
            DataSpec("vector", (3,), "class", classes=("a", "b")),
            "--tta: only images are moved and mirrored, and this data is of kind vector",
        ),
        (
            ("shift", "flip"),
            DataSpec("image", (1, 8, 8), "class", classes=tuple("0123456789")),
            "--tta flip: the classes are characters (0, 1, 2, …), and a mirrored one is another "
            "or none; use --tta shift",
        ),
    ],
)
def test_views_that_make_another_example_are_refused(kinds, spec, message):
    with pytest.raises(ConfigError) as refusal:
        check_views(kinds, spec)
    assert str(refusal.value) == message


def test_what_is_no_character_is_mirrored():
    check_views(("shift", "flip"), PHOTOS)
    check_views((), DataSpec("vector", (3,), "value"))

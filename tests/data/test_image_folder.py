"""A user's images are read whatever their form, and what is wrong with them is named."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch
from PIL import Image

from dlcli.data.image_file import is_grey, read_image
from dlcli.data.image_folder import ImageFolder
from dlcli.errors import ConfigError, DataError

from .image_files import COLOURS, picture, write_tiny, write_tree


def load(root: Path, **options) -> ImageFolder:
    data = ImageFolder(root, **{"size": 8, "batch_size": 4, **options})
    data.setup()
    return data


def sizes(data: ImageFolder) -> list[int]:
    return [len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")]


def refusal(root: Path, **options) -> str:
    with pytest.raises(DataError) as caught:
        load(root, **options)
    return str(caught.value)


def test_given_sets_are_kept_and_what_is_missing_is_cut_from_train(tmp_path):
    data = load(write_tiny(tmp_path))
    assert sizes(data) == [36, 4, 8]
    assert (data.spec.shape, data.spec.classes) == ((3, 8, 8), ("blue", "red"))


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val", "validation_set"])
def test_a_validation_set_is_found_by_its_names(tmp_path, name):
    write_tree(tmp_path / "train", 10)
    write_tree(tmp_path / name, 3)
    assert sizes(load(tmp_path)) == [16, 6, 4]


@pytest.mark.parametrize("names", ["Train Test", "Training Testing", "training_set test_set"])
def test_sets_are_found_however_they_are_spelt_and_are_never_classes(tmp_path, names):
    train, test = names.split()
    write_tree(tmp_path / train, 20)
    write_tree(tmp_path / test, 4)
    data = load(tmp_path)
    assert (sizes(data), data.spec.classes) == ([36, 4, 8], ("blue", "red"))


def test_folders_that_all_hold_the_same_folders_are_not_taken_for_classes(tmp_path):
    for name in ("part_1", "part_2"):
        write_tree(tmp_path / name, 2)
    assert refusal(tmp_path) == (
        f"data.root: part_1, part_2 in {tmp_path} hold the same folders, blue, red, and no "
        "images beside them; are these the classes? Name the sets train, val and test, or give "
        "the folder of one of them"
    )


def test_one_tree_is_split_by_class(tmp_path):
    data = load(write_tree(tmp_path, 20))
    assert sizes(data) == [28, 4, 8]
    assert data.eval_dataloader("test").targets.bincount().tolist() == [4, 4]


def test_a_class_may_be_called_train(tmp_path):
    write_tree(tmp_path, 10, train=(1, 2, 3), plane=(4, 5, 6))
    assert load(tmp_path).spec.classes == ("plane", "train")


def test_images_are_bytes_of_the_right_colour(tmp_path):
    loader = load(write_tiny(tmp_path)).eval_dataloader("test")
    assert loader.inputs.dtype == torch.uint8
    for label, colour in enumerate(COLOURS.values()):
        shown = loader.inputs[loader.targets == label]
        assert (shown == torch.tensor(colour).view(3, 1, 1)).all()


def test_what_lies_deeper_counts_and_what_is_hidden_does_not(tmp_path):
    write_tree(tmp_path, 10)
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"):
        (tmp_path / "red" / name).write_bytes(b"junk")
    write_tree(tmp_path / ".cache", 1)
    picture("RGB", COLOURS["red"]).save(tmp_path / "red" / "0.png")
    (tmp_path / "red" / "more").mkdir()
    picture("RGB", COLOURS["red"]).save(tmp_path / "red" / "more" / "0.png")
    assert sum(sizes(load(tmp_path))) == 21


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_without_colours_images_are_grey(tmp_path, mode):
    write_tree(tmp_path, 6, mode, dark=(0, 0, 0), light=(255, 255, 255))
    data = load(tmp_path)
    assert data.spec.shape == (1, 8, 8)
    assert [int(image.unique()) for image in data._source.sets["train"].inputs[::6]] == [0, 255]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_one_image_with_colours_makes_all_of_them_rgb(tmp_path, mode):
    write_tree(tmp_path, 6, "L")
    suffix = "jpg" if mode == "CMYK" else "png"
    picture(mode, (200, 30, 40)).save(tmp_path / "red" / f"6.{suffix}")
    assert load(tmp_path).spec.shape == (3, 8, 8)
    assert load(tmp_path, mode="grey").spec.shape == (1, 8, 8)


MODES = [("RGB", "png"), ("RGBA", "png"), ("P", "png"), ("P", "gif"), ("CMYK", "tif")]
MODES += [("YCbCr", "jpg"), ("RGB", "webp"), ("RGB", "bmp")]


@pytest.mark.parametrize(("mode", "suffix"), MODES)
def test_every_mode_shows_its_colour(tmp_path, mode, suffix):
    path = tmp_path / f"image.{suffix}"
    picture(mode, (200, 30, 40)).save(path)
    pixels = read_image(path, 4, "rgb").astype(int)
    assert not is_grey(path)
    assert np.abs(pixels - np.array([200, 30, 40]).reshape(3, 1, 1)).max() <= 4


@pytest.mark.parametrize(
    ("image", "level"),
    [
        (Image.fromarray(np.full((6, 6), 257 * 130, np.uint16)), 130),
        (Image.fromarray(np.full((6, 6), 65535, np.int32)), 255),
        (Image.fromarray(np.full((6, 6), 0.5, np.float32)), 128),
    ],
)
def test_wide_pixels_become_bytes(tmp_path, image, level):
    image.save(tmp_path / "wide.tif")
    assert is_grey(tmp_path / "wide.tif")
    assert (read_image(tmp_path / "wide.tif", 3, "grey") == level).all()


@pytest.mark.parametrize("pixel", [-0.5, 2.0, float("nan")])
def test_wide_pixels_without_a_known_range_are_refused(tmp_path, pixel):
    write_tree(tmp_path, 3)
    path = tmp_path / "red" / "9.tif"
    Image.fromarray(np.full((6, 6), pixel, np.float32)).save(path)
    assert refusal(tmp_path) == (
        f"data.root: 1 file that is not an image: {path} (pixels of 32 bits, of which no "
        "range is known); remove it, or set data.on_error=skip"
    )


def test_what_is_transparent_is_shown_on_white(tmp_path):
    image = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    image.save(tmp_path / "a.png")
    image.quantize(2).save(tmp_path / "b.png")
    assert (read_image(tmp_path / "a.png", 4, "rgb") == 255).all()
    assert (read_image(tmp_path / "b.png", 4, "rgb") == 255).all()


def test_an_image_is_turned_as_its_camera_was_held(tmp_path):
    image = Image.new("L", (8, 8))
    image.paste(255, (0, 0, 8, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is at the right of the file
    image.save(tmp_path / "held.png", exif=exif)
    pixels = read_image(tmp_path / "held.png", 8, "grey")[0]
    assert (pixels[:, 4:] == 255).all()
    assert not pixels[:, :4].any()


def test_the_middle_square_is_kept(tmp_path):
    image = Image.new("L", (12, 4), 255)
    image.paste(100, (4, 0, 8, 4))
    image.save(tmp_path / "wide.png")
    assert (read_image(tmp_path / "wide.png", 4, "grey") == 100).all()


def test_a_large_jpeg_keeps_its_colours(tmp_path):
    picture("RGB", (200, 30, 40), (900, 700)).save(tmp_path / "large.jpg")
    pixels = read_image(tmp_path / "large.jpg", 8, "rgb").astype(int)
    assert np.abs(pixels - np.array([200, 30, 40]).reshape(3, 1, 1)).max() <= 3


def damaged(root: Path) -> list[Path]:
    """A text, an empty file, and an image cut off, among the red ones."""
    write_tree(root, 10)
    paths = [root / "red" / name for name in ("cut.png", "empty.png", "notes.txt")]
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(paths[0])
    paths[0].write_bytes(paths[0].read_bytes()[:2000])
    paths[1].write_bytes(b"")
    paths[2].write_text("not an image")
    return paths


def test_files_that_are_no_images_are_named_and_refused(tmp_path):
    cut, empty, notes = damaged(tmp_path)
    message = refusal(tmp_path)
    assert re.sub(r"\(image file is truncated.*?\)", "(cut off)", message) == (
        f"data.root: 3 files that are not images: {cut} (cut off), {empty} (of no known format), "
        f"{notes} (of no known format); remove them, or set data.on_error=skip"
    )


def test_or_skipped_with_a_warning_that_counts_them(tmp_path):
    damaged(tmp_path)
    with pytest.warns(UserWarning, match=r"^skipped 3 files that are not images: .*cut\.png \("):
        data = load(tmp_path, on_error="skip")
    assert sum(sizes(data)) == 20


def test_of_many_only_the_first_few_are_named(tmp_path):
    write_tree(tmp_path, 2)
    for n in range(9):
        (tmp_path / "red" / f"n{n}.txt").write_text("x")
    assert " and 4 more; remove them" in refusal(tmp_path)


def test_a_class_of_which_nothing_can_be_read_is_refused(tmp_path):
    write_tree(tmp_path, 4)
    (tmp_path / "green").mkdir()
    (tmp_path / "green" / "0.png").write_bytes(b"x")
    with pytest.warns(UserWarning, match=r"^skipped 1 file that is not an image: "):
        message = refusal(tmp_path, on_error="skip")
    assert message == "data.root: no image can be read of the class green"


def test_folders_that_make_no_sense_are_refused(tmp_path):
    root = tmp_path / "images"
    assert refusal(root) == f"data.root: no such folder: {root}"
    root.mkdir()
    assert refusal(root) == (
        f"data.root: {root} has no folders; give each class a folder of images"
    )
    write_tree(root, 2, cat=(1, 2, 3))
    assert refusal(root) == (
        f"data.root: {root} has one class, cat; there is nothing to tell apart"
    )
    (root / "dog").mkdir()
    assert refusal(root) == (
        f"data.root: no files in {root}/dog; put images there or remove the folder"
    )
    path = root / "cat" / "0.png"
    assert refusal(path) == f"data.root: {path} is a file; name the folder that holds the images"


def test_sets_that_do_not_fit_together_are_refused(tmp_path):
    write_tree(tmp_path / "test", 2)
    assert refusal(tmp_path) == (
        f"data.root: {tmp_path} has test, but no train; put there the images to train on"
    )
    write_tree(tmp_path / "train", 4)
    write_tree(tmp_path / "test", 2, green=(0, 99, 0))
    assert refusal(tmp_path) == (
        "data.root: the test set has the class green, which the train set has not; "
        "its classes are blue, red"
    )
    write_tree(tmp_path / "val", 2)
    write_tree(tmp_path / "valid", 2)
    assert refusal(tmp_path) == (f"data.root: {tmp_path} has both val and valid; keep one of them")


def test_what_does_not_fit_in_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    write_tree(tmp_path, 8)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**20))
    assert refusal(tmp_path, size=1024) == (
        "data.size: 16 images of 3x1024x1024 take 0.1 GiB of memory, and 0.0 GiB are free; "
        "choose a smaller data.size or fewer images"
    )


def test_arguments_out_of_range_are_refused_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        ImageFolder(tmp_path, size=0, mode="gray", on_error="ask")
    assert caught.value.problems == [
        "data.size: 0 is not positive; it is a side in pixels",
        "data.mode: 'gray' is not one of auto, grey, rgb",
        "data.on_error: 'ask' is not one of refuse, skip",
    ]


def test_an_evaluation_goes_by_the_classes_and_the_mode_of_the_training(tmp_path):
    trained = load(write_tiny(tmp_path / "a"))
    other = ImageFolder(write_tree(tmp_path / "b", 10, "L", red=(9, 9, 9), blue=(1, 1, 1)), size=8)
    other.go_by(trained.fitted)
    other.setup()
    assert (other.spec.shape, other.spec.classes) == ((3, 8, 8), ("blue", "red"))
    write_tree(tmp_path / "b", 2, green=(0, 9, 0))
    strange = ImageFolder(tmp_path / "b", size=8)
    strange.go_by(trained.fitted)
    with pytest.raises(DataError) as caught:
        strange.setup()
    assert str(caught.value) == (
        f"data.root: {tmp_path / 'b'} has the class green, which the model was not trained on; "
        "its classes are blue, red"
    )

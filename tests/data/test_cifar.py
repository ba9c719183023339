"""CIFAR is read from either layout, plain or archived, and never runs what a file says."""

from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path

import pytest
import torch

from dlcli.data.cifar import CIFAR10, CIFAR100
from dlcli.errors import DataError

from .cifar_files import archived, batch, write_pickles, write_records, write_tiny

WRITERS = {"pickles": write_pickles, "records": write_records}


def load(root: Path, kind: type[CIFAR10] = CIFAR10) -> CIFAR10:
    data = kind(root, download=False)
    data.prepare_data()
    data.setup()
    return data


def refusal(root: Path, kind: type[CIFAR10] = CIFAR10) -> str:
    with pytest.raises(DataError) as caught:
        load(root, kind)
    return str(caught.value)


@pytest.mark.parametrize("kind", [CIFAR10, CIFAR100])
@pytest.mark.parametrize("form", ["pickles", "records"])
@pytest.mark.parametrize("zipped", [False, True])
def test_every_layout_gives_the_same_images(tmp_path, kind, form, zipped):
    root = WRITERS[form](tmp_path, kind, each=100)
    data = load(archived(root, getattr(kind, form)) if zipped else root, kind)
    test = data.eval_dataloader("test")
    assert (data.spec.shape, data.spec.outputs) == ((3, 32, 32), len(kind.classes))
    assert test.targets.tolist() == [n % len(kind.classes) for n in range(100)]
    assert torch.equal(test.inputs[:, 0], test.targets.view(-1, 1, 1).expand(-1, 32, 32))
    assert test.inputs[:, 1:].amax((0, 2, 3)).tolist() == [0, 255]


@pytest.mark.parametrize("inner", ["cifar-10-batches-py", "CIFAR10/cifar-10-batches-py"])
def test_the_folder_itself_and_a_downloaded_one_are_found(tmp_path, inner):
    write_tiny((tmp_path / inner).parent)
    data = load(tmp_path / inner if inner.startswith("cifar") else tmp_path)
    sizes = [len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")]
    assert sizes == [90, 10, 20]


def test_the_classes_are_the_published_ones():
    assert (len(CIFAR100.classes), CIFAR100.classes[0], CIFAR100.classes[99]) == (
        100,
        "apple",
        "worm",
    )
    assert list(CIFAR100.classes) == sorted(CIFAR100.classes)


def test_arrays_of_other_versions_of_numpy_and_python_are_read(tmp_path):
    write_tiny(tmp_path)
    path = tmp_path / "cifar-10-batches-py" / "test_batch"
    pixels, labels = batch(20)
    for protocol in (2, 4):
        path.write_bytes(pickle.dumps({"data": pixels, "labels": labels.tolist()}, protocol))
        assert len(load(tmp_path).eval_dataloader("test").inputs) == 20
    old = pickle.dumps({"data": pixels, "labels": labels.tolist()}, 2)
    path.write_bytes(old.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert len(load(tmp_path).eval_dataloader("test").inputs) == 20


class Harmful:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def test_a_pickle_that_names_code_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tiny(tmp_path)
    path = tmp_path / "cifar-10-batches-py" / "data_batch_2"
    path.write_bytes(pickle.dumps({"data": Harmful(), "labels": [0]}, 2))
    assert refusal(tmp_path) == (
        f"{path}: not a batch of CIFAR images (UnpicklingError: it names posix.system, "
        "which is no data); delete it and fetch it again"
    )
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOFError: Ran out of input"),
        (b"%PDF", "UnpicklingError: invalid load key, '%'."),
        (pickle.dumps([1, 2], 2), "TypeError: it holds no dictionary"),
        (pickle.dumps({"labels": [0]}, 2), "KeyError: 'data'"),
        (pickle.dumps({"data": 3, "labels": [0]}, 2), "TypeError: its data are no array"),
        (
            pickle.dumps({"data": batch(2)[0].astype("f4"), "labels": [0, 1]}, 2),
            "ValueError: its data are not unsigned bytes in rows",
        ),
    ],
)
def test_a_damaged_pickle_is_refused(tmp_path, content, reason):
    write_tiny(tmp_path)
    path = tmp_path / "cifar-10-batches-py" / "test_batch"
    path.write_bytes(content)
    assert refusal(tmp_path) == (
        f"{path}: not a batch of CIFAR images ({reason}); delete it and fetch it again"
    )


def test_a_pickle_with_other_counts_is_refused(tmp_path):
    write_tiny(tmp_path)
    path = tmp_path / "cifar-10-batches-py" / "test_batch"
    path.write_bytes(pickle.dumps({"data": batch(20)[0], "labels": [1]}, 2))
    assert refusal(tmp_path) == (
        f"{path}: 1 labels, but 61,440 pixels; delete it and fetch it again"
    )


def test_records_that_are_cut_off_are_refused(tmp_path):
    write_records(tmp_path)
    path = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:-1])
    assert refusal(tmp_path) == (
        f"{path}: 61,459 bytes, which is not a number of records of 3,073; "
        "delete it and fetch it again"
    )


def test_a_label_without_a_class_is_refused(tmp_path):
    write_records(tmp_path)
    folder = tmp_path / "cifar-10-batches-bin"
    path = folder / "test_batch.bin"
    path.write_bytes(b"\x0a" + path.read_bytes()[1:])
    assert refusal(tmp_path) == f"{folder}: label 10 with 10 classes (0 to 9)"


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    archived(write_tiny(tmp_path), CIFAR10.pickles)
    path.write_bytes(path.read_bytes()[:-300])
    message = refusal(tmp_path)
    assert message.startswith(f"{path}: the archive is cut off or damaged (")
    assert message.endswith("); delete it and fetch it again")


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9, 1])
def test_an_archive_in_which_one_byte_is_another_is_refused(tmp_path, place):
    path = tmp_path / "cifar-10-binary.tar.gz"
    archived(write_records(tmp_path), CIFAR10.records)
    # Not packed, as there are bits in packed bytes that mean nothing.
    content = bytearray(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=0))
    content[int((len(content) - 1) * place) - 6 * (place == 1)] ^= 0xFF
    path.write_bytes(content)
    assert refusal(tmp_path).startswith(f"{path}: ")


def test_an_archive_or_a_folder_that_lacks_a_file_names_it(tmp_path):
    folder = write_tiny(tmp_path) / "cifar-10-batches-py"
    (folder / "data_batch_3").unlink()
    assert refusal(tmp_path) == (
        f"data.root: {folder} lacks data_batch_3; the other files are there"
    )
    archived(tmp_path, CIFAR10.pickles)
    assert refusal(tmp_path) == (
        f"{tmp_path}/cifar-10-python.tar.gz: lacks cifar-10-batches-py/data_batch_3; fetch it again"
    )


def test_absent_files_are_refused_with_what_to_put_where(tmp_path):
    assert refusal(tmp_path, CIFAR100) == (
        f"data.root: no CIFAR100 files in {tmp_path}; put there cifar-100-python or "
        "cifar-100-binary (each also as .tar.gz), or set data.download=true"
    )


def test_a_download_is_unpacked_and_not_read_by_torchvision(tmp_path, monkeypatch):
    asked = []

    def download(url: str, root: str, filename: str, md5: str) -> None:
        asked.append((url.rpartition("/")[2], filename, len(md5)))
        write_tiny(Path(root))

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", download)
    for _ in range(2):
        CIFAR10(tmp_path / "new").prepare_data()
    assert asked == [("cifar-10-python.tar.gz", "cifar-10-python.tar.gz", 32)]
    assert len(load(tmp_path / "new").eval_dataloader("test").inputs) == 20

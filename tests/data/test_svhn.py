"""SVHN is read from its MATLAB files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlcli.data.svhn import SVHN
from dlcli.errors import DataError

from .svhn_files import write_mat, write_tiny


def load(root: Path) -> SVHN:
    data = SVHN(root, download=False)
    data.prepare_data()
    data.setup()
    return data


def refusal(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(root)
    return str(caught.value)


@pytest.mark.parametrize("inner", ["", "SVHN"])
def test_label_10_is_the_digit_0(tmp_path, inner):
    write_tiny(tmp_path / inner)
    test = load(tmp_path).eval_dataloader("test")
    assert test.inputs.shape == (20, 3, 32, 32)
    assert test.targets.tolist() == [n % 10 for n in range(1, 21)]
    assert test.inputs[:, 1, 5, 5].tolist() == [(n - 1) % 10 + 1 for n in range(1, 21)]
    assert test.inputs[:, 0, 0].unique().tolist() == [255]


def test_a_single_file_names_the_other(tmp_path):
    write_tiny(tmp_path)
    (tmp_path / "test_32x32.mat").unlink()
    assert refusal(tmp_path) == (
        f"data.root: {tmp_path} lacks test_32x32.mat; the other file is there"
    )


def test_absent_files_are_refused_with_what_to_put_where(tmp_path):
    assert refusal(tmp_path) == (
        f"data.root: no SVHN files in {tmp_path}; put there train_32x32.mat, test_32x32.mat, "
        "or set data.download=true"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Mat file appears to be truncated"),
        (b"MATLAB 5.0 MAT-file" + bytes(200), "Unknown mat file type, version 0, 0"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, content, reason):
    path = write_tiny(tmp_path) / "train_32x32.mat"
    path.write_bytes(content)
    assert refusal(tmp_path) == (
        f"{path}: not a MATLAB file that can be read ({reason}); delete it and fetch it again"
    )


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    path = write_tiny(tmp_path) / "train_32x32.mat"
    path.write_bytes(path.read_bytes()[:-5000])
    message = refusal(tmp_path)
    assert message.startswith(f"{path}: not a MATLAB file that can be read (")
    assert message.endswith("); delete it and fetch it again")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {"X": np.zeros((32, 32, 3, 40))},
            "X is float64 of shape (32, 32, 3, 40), expected uint8 of shape (32, 32, 3, N)",
        ),
        ({"y": np.ones((39, 1))}, "40 images, but 39 labels"),
        ({"y": np.full((40, 1), 11)}, "label 11 with 10 classes (1 to 9, and 10 for 0)"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changed, reason):
    path = write_mat(write_tiny(tmp_path) / "train_32x32.mat", **changed)
    assert refusal(tmp_path) == f"{path}: {reason}"


def test_a_file_without_its_variables_is_refused(tmp_path):
    from scipy.io import savemat

    path = write_tiny(tmp_path) / "train_32x32.mat"
    savemat(path, {"Z": np.zeros(3)})
    assert refusal(tmp_path) == f"{path}: has no variable 'X'; expected X and y"


def test_a_download_brings_both_files(tmp_path, monkeypatch):
    asked = []

    def download(url: str, root: str, filename: str, md5: str) -> None:
        asked.append((url.rpartition("/")[2], len(md5)))
        Path(root).mkdir(exist_ok=True)
        write_mat(Path(root) / filename, 40)

    monkeypatch.setattr("torchvision.datasets.utils.download_url", download)
    SVHN(tmp_path / "new").prepare_data()
    assert asked == [("train_32x32.mat", 32), ("test_32x32.mat", 32)]
    assert len(load(tmp_path / "new").eval_dataloader("test").inputs) == 40

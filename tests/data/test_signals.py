"""Signals are read in every format that they come in, and what is wrong is named by its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch

from dlcli.data.signals import Signals
from dlcli.errors import DataError

TS = """# a comment
@problemName Tiny
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength true
@seriesLength 3
@classLabel true up down
@data
1,2,3:10,20,30:up
3,2,1:30,20,10:down
"""


def write_tiny(folder: Path) -> dict[str, Path]:
    """Forty signals of 16 values in two classes, ``-1`` and ``1``; as many to test on."""
    folder.mkdir(parents=True, exist_ok=True)
    waves = torch.sin(torch.arange(16) / 3 + torch.arange(40)[:, None])
    paths = {}
    for name in ("train", "test"):
        rows = [
            f"{1 - 2 * (n % 2)}.0000000e+00  " + "  ".join(f"{v + n % 2:.7e}" for v in wave)
            for n, wave in enumerate(waves.tolist())
        ]
        paths[name] = folder / f"Tiny_{name.upper()}.txt"
        paths[name].write_text("\n".join(rows) + "\n")
    return paths


def write(folder: Path, text: str, name: str = "signals.txt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def read(path: Path, test: Path | None = None):
    return Signals(path, test).read().sets["train"]


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(DataError) as caught:
        read(write(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_a_file_of_signals_becomes_splits_of_classes_in_order(tmp_path):
    data = Signals(**write_tiny(tmp_path))
    data.setup()
    assert (data.spec.kind, data.spec.shape, data.spec.classes) == ("signal", (1, 16), ("-1", "1"))
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 36, "val": 4, "test": 40}
    x, y = next(iter(data.eval_dataloader("train")))
    assert (x.mean().abs() < 1e-6, (x.std(correction=0) - 1).abs() < 1e-5) == (True, True)
    assert y.bincount().tolist() == [18, 18]


@pytest.mark.parametrize(
    "text",
    [
        " 1.0000000e+00   5.0e-01  2.5\n\n -1.0000000e+00   0.0  1e3\n",
        "1\t0.5\t2.5\n-1\t0\t1000\n",
        "1,0.5,2.5\r\n-1,0,1000\r\n",
        '"1";0.5;2.5\n"-1";0;1000',
    ],
)
def test_blanks_tabs_commas_and_semicolons_part_values(tmp_path, text):
    recordings = read(write(tmp_path, text))
    assert recordings.labels.tolist() == ["1", "-1"]
    assert recordings.signals.tolist() == [[[0.5, 2.5]], [[0.0, 1000.0]]]


def test_a_ts_file_has_channels_and_its_label_last(tmp_path):
    recordings = read(write(tmp_path, TS, "tiny.ts"))
    assert recordings.labels.tolist() == ["up", "down"]
    assert recordings.signals[0].tolist() == [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    assert recordings.lines.tolist() == [11, 12]


def test_a_compressed_file_is_read(tmp_path):
    path = tmp_path / "signals.txt.gz"
    path.write_bytes(gzip.compress(b"a 1 2\nb 3 4\n"))
    assert read(path).signals.tolist() == [[[1.0, 2.0]], [[3.0, 4.0]]]


REFUSALS = {
    "a 1 2\nb 3\n": (
        "signals.txt:2: 1 values, but line 1 has 2; cut or pad the signals to one length"
    ),
    "a 1 2\n\nb 3 x\n": "signals.txt:3: value 2 of 2 is 'x', not a finite number",
    "a,1,2\nb,,3\n": "signals.txt:2: value 1 of 2 is '', not a finite number",
    "a 1 2\nb NaN 3\n": "signals.txt:2: value 1 of 2 is 'NaN', not a finite number",
    "a 1 2\nb 1e39 3\n": "signals.txt:2: value 1 of 2 is '1e39', not a finite number",
    ",1,2\nb,1,3\n": "signals.txt:1: no label",
    "a\nb\n": "signals.txt:1: a label ('a') without values",
    "# nothing\n": "signals.txt: no signals",
    " \n": "signals.txt: empty; there is nothing to learn from",
    TS.replace("@timeStamps false", "@timeStamps true"): (
        "signals.txt:3: @timeStamps true; only plain values are read"
    ),
    TS.replace("true up down", "false"): (
        "signals.txt: no '@classLabel true NAME …' line; signals need classes"
    ),
    TS.replace("@data\n", ""): "signals.txt: no @data line; the signals come after it",
    TS.replace("30:up", "30:left"): (
        "signals.txt:11: label 'left' is not one of @classLabel: up, down"
    ),
    TS.replace("1,2,3:", ""): "signals.txt:12: 2 channels, but line 11 has 1",
    TS.replace("30,20,10", "30,?,10"): "signals.txt:12: value 2 of 3 is '?', not a finite number",
}


@pytest.mark.parametrize(("text", "message"), REFUSALS.items(), ids=range(len(REFUSALS)))
def test_what_is_no_signal_is_refused_with_its_line(tmp_path, text, message):
    assert refusal(tmp_path, text) == message


def test_a_missing_file_is_refused_with_the_nearest(tmp_path):
    write_tiny(tmp_path)
    with pytest.raises(DataError) as caught:
        read(tmp_path / "Tiny_TRIAN.txt")
    assert str(caught.value) == (
        f"data.train: no file {tmp_path}/Tiny_TRIAN.txt; did you mean {tmp_path}/Tiny_TRAIN.txt "
        f"or {tmp_path}/Tiny_TEST.txt?"
    )


def test_a_class_that_was_not_trained_on_is_refused(tmp_path):
    paths = write_tiny(tmp_path)
    lines = paths["test"].read_text().splitlines()
    lines[2] = lines[2].replace("1.0000000e+00", "2", 1)
    paths["test"].write_text("\n".join(lines))
    with pytest.raises(DataError) as caught:
        Signals(**paths).setup()
    assert str(caught.value) == (
        f"{paths['test']}:3: class '2' is not among those trained on: -1, 1"
    )


def test_signals_of_another_length_to_test_on_are_refused(tmp_path):
    paths = write_tiny(tmp_path)
    paths["test"] = write(tmp_path, "1 1 2 3\n-1 1 2 3\n")
    with pytest.raises(DataError) as caught:
        Signals(**paths).setup()
    assert str(caught.value) == (
        f"{paths['test']}: signals of 1 x 3 (channels x values), but those trained on are of 1 x 16"
    )


def test_an_evaluation_goes_by_the_classes_and_the_scaling_of_the_training(tmp_path):
    paths = write_tiny(tmp_path)
    trained = Signals(**paths)
    trained.setup()
    other = Signals(write(tmp_path, "1 " + "5 " * 16 + "\n" + ("-1 " + "7 " * 16 + "\n") * 20))
    other.go_by(trained.fitted)
    other.setup()
    assert other.spec.classes == ("-1", "1")
    mean, scale = trained.fitted["normalize"]["shift"], trained.fitted["normalize"]["scale"]
    x, y = next(iter(other.eval_dataloader("test")))
    assert x.flatten().unique().tolist() == [float((7 - mean) * scale)]
    assert y.tolist() == [0] * len(y)


def test_what_is_fitted_can_be_stored_in_a_checkpoint(tmp_path):
    data = Signals(**write_tiny(tmp_path))
    data.setup()
    torch.save(data.fitted, tmp_path / "fitted")
    loaded = torch.load(tmp_path / "fitted", weights_only=True)
    assert loaded["encoding"] == {"classes": ["-1", "1"], "shape": [1, 16]}


def test_ecg200_has_a_hundred_heartbeats_to_train_on():
    path = Path(__file__).parents[3] / "shared" / "data" / "timeseries" / "ECG200_TRAIN.txt"
    if not path.is_file():
        pytest.skip(f"no {path}")
    recordings = read(path)
    assert recordings.signals.shape == (100, 1, 96)
    assert torch.bincount(recordings.targets).tolist() == [31, 69]


def test_one_class_is_nothing_to_tell_apart(tmp_path):
    path = tmp_path / "one.tsv"
    path.write_text("1\t2\t3\n" * 9)
    with pytest.raises(DataError) as caught:
        Signals(path).setup()
    assert str(caught.value) == f"{path}: one class, 1; there is nothing to tell apart"

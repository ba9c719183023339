"""What a run's folder holds is read as it was recorded, and what is damaged is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dlcli.comparison.detail import Detail, read
from dlcli.tracking.query import RunRecord, find
from dlcli.tracking.settings import MLflow
from tests.conftest import Trained


@pytest.fixture
def record(trained: Trained) -> RunRecord:
    return find(MLflow(), trained.folder / "mlruns", "first")


def test_all_that_a_run_recorded_is_read(trained: Trained, record: RunRecord):
    detail = read(record)
    assert (detail.config["trainer"]["max_epochs"], detail.flat["optimizer.lr"]) == (2, "0.001")
    assert detail.flat == record.params
    assert detail.overrides == ["model=linear", "trainer.max_epochs=2"]
    assert detail.choices["model"] == "linear"
    assert detail.origins["trainer.max_epochs"] == "override trainer.max_epochs=2"
    assert detail.references["data.seed"] == "${seed}"
    assert detail.environment["packages"]["torch"]
    assert (detail.kind, detail.damaged, len(detail.fingerprint)) == ("train", [], 64)
    best, last = detail.checkpoints
    assert (best.role, last.role, last.epoch) == ("best", "last", 2)
    assert str(best.path) == trained.result["checkpoint"]["best"]
    assert best.size == best.path.stat().st_size
    assert f"checkpoints/{best.path.name}" in [file.name for file in detail.files]


def test_a_run_whose_folder_is_elsewhere_is_what_the_store_knows(record: RunRecord):
    detail = read(replace(record, folder=None))
    assert detail.flat == record.params
    assert detail.choices["model"] == "linear"
    assert detail.environment == {k: read(record).environment[k] for k in ("dlcli", "device")}
    assert (detail.config, detail.checkpoints, detail.files, detail.diff) == ({}, (), (), None)


def test_what_is_damaged_is_named_and_the_rest_is_read(trained_copy: Path):
    record = find(MLflow(), trained_copy / "mlruns", "first")
    artifacts = read(record).artifacts
    assert artifacts is not None
    (artifacts / "origins.json").write_text("{")
    (artifacts / "environment.json").write_text("[]")
    (artifacts / "config.yaml").write_text("a: [")
    (artifacts / "checkpoints" / "manifest.json").write_text('{"checkpoints": {"best": {}}}')
    detail = read(record)
    places = [line.removeprefix(f"{artifacts}/").partition(":")[0] for line in detail.damaged]
    assert places == [
        "origins.json",
        "config.yaml",
        "environment.json",
        "checkpoints/manifest.json",
    ]
    assert detail.flat == record.params
    assert detail.environment["device"] == record.tags["dlcli.device"]


@pytest.mark.parametrize(
    ("tags", "written", "diff", "dirty"),
    [
        ({"dlcli.git.dirty": "false"}, None, "", False),
        ({"dlcli.git.dirty": "true"}, "+a\n", "+a\n", True),
        ({"dlcli.git.dirty": "true"}, None, None, True),
        ({}, None, None, None),
    ],
)
def test_whether_code_was_committed(tmp_path: Path, tags, written, diff, dirty):
    (tmp_path / "artifacts").mkdir()
    if written is not None:
        (tmp_path / "artifacts" / "git.diff").write_text(written)
    run = RunRecord("0" * 32, "a", "FINISHED", "", 0.0, 1.0, {}, {}, tags, tmp_path)
    detail: Detail = read(run)
    assert (detail.diff, detail.dirty) == (diff, dirty)

"""``dlcli doctor`` says what is well, repairs what a crash left, and names what it cannot."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dlcli.cli import health
from dlcli.tracking.folder import RunFolder, RunInfo, make_root
from dlcli.tracking.owner import Owner, boot_id

GONE = Owner(1 << 30, socket.gethostname(), "1", boot_id(), "2026")


@pytest.fixture(autouse=True)
def _devices(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = '{"cores": 4, "cuda": [], "mps": false}'
    monkeypatch.setattr(health, "ASK_TORCH", f"print('{answer}')")


@pytest.fixture
def checks(dlcli):
    """The state and message of each check of one name."""

    def checks(name: str, *arguments: str) -> list[tuple[str, str]]:
        found = dlcli("doctor", *arguments, "--json").json["checks"]
        return [(check["state"], check["message"]) for check in found if check["name"] == name]

    return checks


def test_an_empty_folder_is_healthy_and_stays_empty(dlcli, folder):
    done = dlcli("doctor")
    assert done.status == 0
    names = [line.split()[:2] for line in done.stdout.splitlines()]
    assert names == [["ok", name] for name in ("versions", "config", "store", "devices")]
    assert f"{folder}/mlruns/mlflow.db: none yet; dlcli train makes it" in done.stdout
    assert done.stdout.endswith("CPU with 4 cores, no GPU\n")
    assert list(folder.iterdir()) == []


def test_a_moved_folder_is_repaired_once(trained, trained_copy, checks, monkeypatch):
    monkeypatch.chdir(trained_copy)
    moved = f"the folder was moved from file://{trained.folder}/mlruns/runs"
    assert ("repaired", moved) in checks("store")
    assert [state for state, _ in checks("store")] == ["ok"]


def test_artifacts_that_are_gone_are_named(trained, trained_copy, dlcli, monkeypatch):
    monkeypatch.chdir(trained_copy)
    shutil.rmtree(trained_copy / "mlruns" / "runs")
    done = dlcli("doctor")
    assert done.status == 4
    assert (
        "problem   store        the artifacts of 1 runs are gone (first); put their folders back, "
        "or delete the runs in dlcli ui\n"
    ) in done.stdout


def test_the_journal_is_made_write_ahead(trained_copy, checks, monkeypatch):
    monkeypatch.chdir(trained_copy)
    with closing(sqlite3.connect("mlruns/mlflow.db")) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    assert ("repaired", "journal mode was delete, is write-ahead now") in checks("store")


def test_a_damaged_store_is_status_4_with_what_to_do(dlcli, folder):
    (folder / "mlruns").mkdir()
    store = folder / "mlruns" / "mlflow.db"
    store.write_bytes(b"not a database, but long enough to look at")
    done = dlcli("doctor", "--json")
    message = (
        f"{store} is not an SQLite database; restore a backup, or move it away and a new store "
        f"is made: mv {store} {store}.bad"
    )
    assert done.status == 4
    assert done.json["error"] == {"kind": "store", "message": message}
    assert done.json["status"] == 4


def test_a_run_that_a_crash_left_is_closed(checks, folder):
    root = folder / "mlruns"
    make_root(root)
    left = RunFolder(root, "a" * 32)
    left.create(RunInfo("a" * 32, "victim", owner=GONE.written()), left.lock)
    left.lock.release()
    closed = f"run victim (aaaaaaaa) was left running by {GONE}"
    assert checks("runs", "tracking=none") == [("repaired", f"{closed}: marked KILLED")]
    assert checks("runs", "tracking=none") == []


def test_half_written_checkpoints_are_removed_but_not_a_live_runs(checks, folder):
    root = folder / "mlruns"
    make_root(root)
    for name in ("dead", "live"):
        run = RunFolder(root, name)
        run.create(RunInfo(name, name, status="KILLED"), run.lock)
        (run.artifacts / "checkpoints").mkdir()
        (run.artifacts / "checkpoints" / "best.ckpt.tmp-123").touch()
        if name == "dead":
            run.lock.release()
    assert checks("checkpoints", "tracking=none") == [
        ("repaired", "1 half-written temporary files removed")
    ]
    left = [path.parts[-4] for path in root.glob("runs/*/artifacts/checkpoints/*")]
    assert left == ["live"]
    run.lock.release()


def test_a_configuration_file_that_cannot_be_read_is_named(dlcli, folder: Path):
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "model" / "mine.yaml").write_text("a: [1\n")
    done = dlcli("doctor", "--config-dir", "conf")
    assert done.status == 2
    assert "problem   config       conf/model/mine.yaml:2: not valid YAML:" in done.stdout


def test_a_server_that_is_down_is_status_4(dlcli):
    assert dlcli("doctor", "tracking.uri=http://127.0.0.1:9").status == 4


def test_a_torch_that_cannot_be_imported_is_told(monkeypatch):
    monkeypatch.setattr(health, "ASK_TORCH", "raise ImportError('libcuda.so')")
    found = health.Devices().check()
    assert (found.state, found.status) == ("problem", 1)
    assert found.message == "torch cannot be imported: ImportError: libcuda.so"

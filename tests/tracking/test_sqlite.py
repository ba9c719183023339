"""A store that is not sound is refused, and never written to."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dlcli.errors import StoreError
from dlcli.tracking import sqlite
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import MLflow
from dlcli.tracking.store import old_file_store

ADVICE = "; restore a backup, or move it away and a new store is made: mv {path} {path}.bad"


def refusal(path: Path) -> str:
    before = path.read_bytes()
    with pytest.raises(StoreError) as refused:
        sqlite.check_schema(path, sqlite.check(path, wait=0.2))
    assert path.read_bytes() == before
    return str(refused.value)


def test_a_sound_store_is_accepted(root: Path) -> None:
    sqlite.check_schema(root / "mlflow.db", sqlite.check(root / "mlflow.db"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.touch()
    assert refusal(path) == f"{path} is empty (0 bytes)" + ADVICE.format(path=path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_text("something else altogether")
    assert refusal(path) == f"{path} is not an SQLite database" + ADVICE.format(path=path)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (a)")
    message = f"{path} is an SQLite database, but not an MLflow store"
    assert refusal(path) == message + ADVICE.format(path=path)


def test_a_damaged_store_is_refused(root: Path) -> None:
    path = root / "mlflow.db"
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 20] = b"\xff" * 4096 * 19
    path.write_bytes(data)
    assert refusal(path).startswith(f"{path} is damaged (")


def test_a_truncated_store_is_refused(root: Path) -> None:
    path = root / "mlflow.db"
    path.write_bytes(path.read_bytes()[:50_000])
    assert refusal(path).startswith(f"{path} is damaged (")


def set_version(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))


def test_a_store_of_a_newer_mlflow_is_refused(root: Path) -> None:
    path = root / "mlflow.db"
    set_version(path, "fedcba987654")
    assert refusal(path) == (
        f"{path} was made by a newer MLflow (schema fedcba987654); install that one: "
        "pip install --upgrade mlflow"
    )


def test_a_store_of_an_older_mlflow_is_refused(root: Path) -> None:
    path = root / "mlflow.db"
    set_version(path, "451aebb31d03")
    assert refusal(path) == (
        f"{path} was made by an older MLflow (schema 451aebb31d03); upgrade it: "
        f"cp {path} {path}.backup && mlflow db upgrade sqlite:///{path}"
    )


def test_a_locked_store_is_refused_after_a_while(root: Path) -> None:
    path = root / "mlflow.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert sqlite.is_locked(path)
        with pytest.raises(StoreError) as refused:
            sqlite.check(path, wait=0.2)
    assert str(refused.value) == (
        f"{path}: locked by another program for 0 s; end it, or look who has it open: fuser {path}"
    )
    assert not sqlite.is_locked(path)


def test_a_short_lock_is_waited_for(root: Path) -> None:
    path = root / "mlflow.db"
    hold = "import sqlite3, sys, time; d = sqlite3.connect(sys.argv[1]); "
    hold += "d.execute('BEGIN EXCLUSIVE'); print(flush=True); time.sleep(1)"
    command = [sys.executable, "-c", hold, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert sqlite.check(path, wait=10.0)


def test_a_new_store_is_installed_once(tmp_path: Path, new_store: Path) -> None:
    path = tmp_path / "mlruns" / "mlflow.db"
    sqlite.install(new_store, path)
    set_version(path, "kept")
    sqlite.install(new_store, path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("kept",)


def test_a_folder_that_cannot_be_written_is_refused(new_store: Path) -> None:
    with pytest.raises(StoreError) as refused:
        sqlite.install(new_store, Path("/proc/mlruns/mlflow.db"))
    assert str(refused.value) == (
        "/proc/mlruns: No such file or directory; runs are recorded under /proc/mlruns: "
        "make it writable, or start from a folder that is"
    )


def test_a_damaged_store_refuses_a_run(root: Path) -> None:
    (root / "mlflow.db").write_bytes(b"")
    recorder = Recorder.start(MLflow(), root)
    with pytest.raises(StoreError, match=r"is empty \(0 bytes\)"):
        recorder.create_run(None, {})
    recorder.close()
    assert (root / "mlflow.db").stat().st_size == 0


def test_a_moved_folder_keeps_its_runs(root: Path, tmp_path: Path) -> None:
    recorder = Recorder.start(MLflow(), root)
    recorder.create_run("first", {}).finish("FINISHED", "done")
    recorder.close()
    moved = Path(shutil.move(root, tmp_path / "elsewhere"))
    recorder = Recorder.start(MLflow(), moved)
    run = recorder.create_run("second", {})
    run.finish("FINISHED", "done")
    recorder.close()
    with closing(sqlite3.connect(moved / "mlflow.db")) as database:
        uris = [row[0] for row in database.execute("SELECT artifact_uri FROM runs")]
    assert all(uri.startswith((moved / "runs").as_uri()) for uri in uris)
    assert recorder.find("first").folder == moved / "runs" / recorder.find("first").id
    assert not root.exists()


OPEN = """
import sys
from pathlib import Path
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import MLflow
recorder = Recorder.start(MLflow(), Path(sys.argv[1]))
print(recorder.create_run(None, {}).finish("FINISHED", "done"))
recorder.close()
"""


@pytest.mark.parametrize("processes", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_processes_that_open_a_new_store_together_share_it(
    processes: int, tmp_path: Path, repository: Path
) -> None:
    root = tmp_path / "mlruns"
    command = [sys.executable, "-c", OPEN, str(root)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)
        for _ in range(processes)
    ]
    said = [process.communicate(timeout=120)[0] for process in started]
    assert said == ["True\n"] * processes
    with closing(sqlite3.connect(root / "mlflow.db")) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (processes,)
        names = database.execute("SELECT name FROM experiments ORDER BY name").fetchall()
    assert names == [("Default",), ("dlcli",)]
    assert (root / ".gitignore").read_text() == "*\n"


def test_an_old_file_store_is_explained(tmp_path: Path) -> None:
    assert old_file_store(tmp_path / "absent") is None
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "meta.yaml").touch()
    line = old_file_store(tmp_path)
    assert line is not None
    assert line.startswith(f"{tmp_path} holds runs of an older MLflow, which are not shown; ")

"""A study's file that is not sound is refused, named, and left as it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from dlcli.errors import ConfigError, StoreError
from dlcli.search.database import place
from tests.search.studies import PLAIN, Arguments, serial

ADVICE = "; restore a backup, or start another sweep with --name"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = Arguments(tmp_path_factory.mktemp("sound"))
    study = given.create()
    serial(study, range(3))
    study.close()
    return given.path


@pytest.fixture
def given(tmp_path: Path, sound: Path) -> Arguments:
    shutil.copy(sound, tmp_path)
    return Arguments(tmp_path)


def refusal(given: Arguments) -> str:
    before = given.path.read_bytes()
    with pytest.raises(StoreError) as refused:
        given.open()
    assert given.path.read_bytes() == before
    with pytest.raises(StoreError):
        given.create()
    assert given.path.read_bytes() == before
    return str(refused.value)


def test_an_empty_file_is_refused(given: Arguments) -> None:
    given.path.write_bytes(b"")
    assert refusal(given) == f"{given.path} is empty (0 bytes){ADVICE}"


def test_another_file_is_refused(given: Arguments) -> None:
    given.path.write_text("something else altogether")
    assert refusal(given) == f"{given.path} is not an SQLite database{ADVICE}"


def test_another_programs_database_is_refused(given: Arguments) -> None:
    given.path.unlink()
    with closing(sqlite3.connect(given.path)) as database:
        database.execute("CREATE TABLE t (a)")
    assert refusal(given) == f"{given.path} is an SQLite database, but not a study{ADVICE}"


def test_a_truncated_file_is_refused(given: Arguments) -> None:
    given.path.write_bytes(given.path.read_bytes()[:20_000])
    assert refusal(given).startswith(f"{given.path} is damaged (")


def test_a_damaged_file_is_refused(given: Arguments) -> None:
    data = bytearray(given.path.read_bytes())
    data[4096 : 4096 * 9] = b"\xff" * 4096 * 8
    given.path.write_bytes(data)
    assert refusal(given).startswith(f"{given.path} is damaged (")


def test_a_file_of_another_optuna_is_refused(given: Arguments) -> None:
    with closing(sqlite3.connect(given.path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'v9.9.9'")
    assert refusal(given) == (
        f"{given.path}: made by another version of Optuna; install that one, or start another "
        "sweep with --name"
    )


def test_a_study_of_another_program_is_refused(given: Arguments) -> None:
    with closing(sqlite3.connect(given.path)) as database, database:
        database.execute("DELETE FROM study_user_attributes")
    assert refusal(given) == f"{given.path}: the study sweep is another program's"


def test_trials_that_another_program_took_away_are_missed(given: Arguments) -> None:
    with closing(sqlite3.connect(given.path)) as database, database:
        database.execute("DELETE FROM trials WHERE number = 1")
    assert refusal(given) == (
        f"{given.path} is damaged: its trials are not numbered 0, 1, 2 …{ADVICE}"
    )


def test_a_missing_file_is_not_made_anew(tmp_path: Path) -> None:
    given = Arguments(tmp_path)
    with pytest.raises(StoreError) as refused:
        given.open()
    assert str(refused.value) == f"{given.path}: not there, though it should be{ADVICE}"
    assert not given.path.exists()


def test_a_study_of_another_name_is_not_taken(given: Arguments) -> None:
    given.name = "other"
    with pytest.raises(StoreError) as refused:
        given.open()
    assert str(refused.value) == f"{given.path}: holds no study called other{ADVICE}"


def test_a_file_may_hold_the_studies_of_several_sweeps(given: Arguments) -> None:
    other = Arguments(given.folder, name="other", space=PLAIN)
    study = other.create()
    points = serial(study, range(2))
    study.close()
    for arguments, count in ((given, 3), (other, 2)):
        study = arguments.open()
        assert len(study.trials()) == count
        study.close()
    study = other.open()
    assert [study.ask(number) for number in range(2)] == points
    study.close()


def test_sweeps_that_make_a_file_at_the_same_time_all_have_their_study(tmp_path: Path) -> None:
    code = (
        "import sys, optuna; from pathlib import Path; from tests.search.studies import Arguments;"
        "print('ready', flush=True); sys.stdin.readline();"
        "Arguments(Path(sys.argv[1]), name=sys.argv[2]).create().close()"
    )
    names = ["first", "second", "third"]
    sweeps = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for sweep in sweeps:
        assert sweep.stdout is not None
        assert sweep.stdout.readline() == "ready\n"
    for sweep in sweeps:
        assert sweep.stdin is not None
        sweep.stdin.write("go\n")
        sweep.stdin.flush()
    assert [sweep.communicate()[1] or sweep.returncode for sweep in sweeps] == [0, 0, 0]
    for name in names:
        Arguments(tmp_path, name=name).open().close()
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]


@pytest.mark.parametrize("linked", [True, False])
def test_a_file_of_another_is_never_replaced(
    linked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Path) -> None:
        raise PermissionError

    if not linked:
        monkeypatch.setattr(os, "link", refuse)
    new, path = tmp_path / "new", tmp_path / "study.db"
    for text, first in (("first", True), ("second", False)):
        new.unlink(missing_ok=True)  # of which the other may be a link
        new.write_text(text)
        assert place(new, path) == first
        assert path.read_text() == "first"


def locked(path: Path, seconds: float) -> str:
    return (
        f"{path}: locked by another program for {seconds:.0f} s; end it, or look who has it open: "
        f"fuser {path}"
    )


def test_opening_a_locked_file_ends_after_a_while(given: Arguments) -> None:
    given.wait = 1.0
    with closing(sqlite3.connect(given.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as refused:
            given.open()
    assert str(refused.value) == locked(given.path, 1.0)


@pytest.mark.parametrize("act", ["ask", "report", "tell"])
def test_a_lock_is_waited_for_and_then_named(act: str, given: Arguments) -> None:
    given.wait = 1.0
    study = given.open()
    study.ask(3)
    acts = {
        "ask": lambda: study.ask(4),
        "report": lambda: study.report(3, 1, 0.5),
        "tell": lambda: study.tell(3, "complete", [0.5]),
    }
    with closing(sqlite3.connect(given.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        with pytest.raises(StoreError) as refused:
            acts[act]()
        assert time.monotonic() - start < 15
        other.rollback()
    assert str(refused.value) == locked(given.path, 1.0)
    acts[act]()
    assert study.states()[3] == ("complete" if act == "tell" else "running")
    study.close()


def test_a_short_lock_goes_unnoticed(given: Arguments) -> None:
    study = given.open()
    code = (
        "import sqlite3, sys, time; d = sqlite3.connect(sys.argv[1]); d.execute('BEGIN IMMEDIATE');"
        "print('locked', flush=True); time.sleep(0.5); d.rollback()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(given.path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "locked\n"
    study.ask(3)
    assert other.wait() == 0
    other.stdout.close()
    assert study.states()[3] == "running"
    study.close()


def test_a_reader_never_stops_the_study(given: Arguments) -> None:
    study = given.open()
    with closing(sqlite3.connect(given.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM trials").fetchone()
        study.ask(3)
    study.close()


def test_what_is_committed_is_on_the_disk(given: Arguments) -> None:
    study = given.open()
    with study._store._storage.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3  # EXTRA
    study.close()


def test_cmaes_reads_no_file_that_others_could_have_written(tmp_path: Path) -> None:
    given = Arguments(tmp_path, "cmaes")
    given.create().close()
    given.open().close()
    given.path.chmod(0o666)
    with pytest.raises(ConfigError) as refused:
        given.open()
    assert str(refused.value) == (
        f"{given.path}: search=cmaes would run code that others may have written there; "
        "make the file yours alone (chown, chmod o-w), or write search=tpe"
    )
    given.path.chmod(0o644)
    if os.getuid() == 0:
        os.chown(given.path, 12345, -1)
        with pytest.raises(ConfigError, match="others may have written"):
            given.open()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_study_in_memory_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        Arguments(tmp_path, url=url).create()
    assert str(refused.value) == f"search.storage: {url!r} names no file; leave it out for one"


def test_a_url_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        Arguments(tmp_path, url="nonsense").create()
    assert str(refused.value) == (
        "search.storage: 'nonsense' names no database; write postgresql://USER@HOST/NAME, or "
        "leave it out for a file"
    )


def test_a_missing_driver_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        Arguments(tmp_path, url="mysql+pymysql://u:secret@host/x").create()
    assert str(refused.value).startswith("search.storage: mysql+pymysql://host/x needs a driver")
    assert "secret" not in str(refused.value)

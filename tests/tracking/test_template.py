"""A new store is a copy of one that was made before, where there is one that can be trusted."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dlcli.tracking import sqlite
from dlcli.tracking.practice import practise
from dlcli.tracking.settings import MLflow
from dlcli.tracking.store import Store
from dlcli.tracking.template import empty_store
from dlcli.tracking.uri import resolve


@pytest.fixture
def built(new_store: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders in which a store was built, rather than copied."""
    folders: list[Path] = []

    def build(folder: Path) -> Path:
        folders.append(folder)
        return Path(shutil.copy(new_store, folder / "mlflow.db"))

    monkeypatch.setattr(sqlite, "build", build)
    return folders


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Callable[[], Path]:
    """Make an empty store in a folder of its own."""
    numbers = iter(range(9))

    def once() -> Path:
        folder = tmp_path / f"new{next(numbers)}"
        folder.mkdir()
        return empty_store(folder)

    return once


def kept(cache: Path) -> Path:
    (found,) = (cache / "dlcli").iterdir()
    return found


def test_the_second_store_is_a_copy(
    make: Callable[[], Path], cache: Path, built: list[Path], new_store: Path
) -> None:
    first, second = make(), make()
    assert built == [first.parent]
    assert second.read_bytes() == first.read_bytes() == new_store.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(5000)])
def test_what_is_damaged_is_made_again(
    make: Callable[[], Path], cache: Path, built: list[Path], new_store: Path, content: bytes
) -> None:
    make()
    kept(cache).write_bytes(content)
    assert make().read_bytes() == new_store.read_bytes()
    assert kept(cache).read_bytes() == new_store.read_bytes()
    assert len(built) == 2


def test_one_of_another_schema_is_made_again(
    make: Callable[[], Path], cache: Path, built: list[Path], new_store: Path
) -> None:
    make()
    with closing(sqlite3.connect(kept(cache))) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'of another MLflow'")
    assert make().read_bytes() == new_store.read_bytes()
    assert len(built) == 2


def test_a_cache_that_cannot_be_written_is_no_error(
    make: Callable[[], Path], cache: Path, built: list[Path]
) -> None:
    cache.write_text("a file where a folder should be")
    first, second = make(), make()
    assert built == [first.parent, second.parent]
    assert sqlite.check(second)


def test_without_a_home_it_is_built(
    make: Callable[[], Path], built: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert sqlite.check(make())
    assert len(built) == 1


def test_practice_is_in_a_copy_and_changes_nothing(
    make: Callable[[], Path], cache: Path, built: list[Path], tmp_path: Path
) -> None:
    make()
    before = kept(cache).read_bytes()
    root = tmp_path / "mlruns"
    store = Store(resolve(MLflow(), root), "default", root)
    store.prepare()
    practise("default")
    assert len(built) == 1
    assert kept(cache).read_bytes() == before
    assert not root.exists()
    store.open()
    assert [run.info.run_name for run in store.search()] == []
    assert store.experiments() == ["default", "Default"]


def test_without_a_copy_there_is_no_practice(cache: Path, built: list[Path]) -> None:
    practise("default")
    assert built == []
    assert not cache.exists()

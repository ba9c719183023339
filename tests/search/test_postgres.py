"""A study in a PostgreSQL server is the study that it would be in a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlcli.errors import ConfigError, StoreError
from tests.search.studies import CONDITIONAL, Arguments, pruner, serial


def server_user() -> dict[str, Any]:
    """Whom the server runs as, which refuses to be root."""
    return {"user": "nobody", "group": "nogroup"} if os.getuid() == 0 else {}


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **server_user())
    if done.returncode:
        pytest.skip(f"no PostgreSQL: {done.stderr[-500:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    """URL and folder of a server of its own."""
    pytest.importorskip("psycopg")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("no PostgreSQL: initdb and pg_ctl are not installed")
    folder = Path(tempfile.mkdtemp())  # below pytest's own, only its user may go
    port = free_port()
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        data = folder / "data"
        run("initdb", "-D", data, "-U", "dl", "--auth=trust", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql://dl:s3cret@127.0.0.1:{port}/postgres", data
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_a_server_holds_what_a_file_would(
    kind: str, server: tuple[str, Path], tmp_path: Path
) -> None:
    found = []
    for url in (None, server[0]):
        given = Arguments(tmp_path, kind, CONDITIONAL, url=url, name=f"{kind}-{tmp_path.name}")
        study = given.create()
        points = serial(study, range(5))
        study.close()
        study = given.open()
        found.append(points + serial(study, range(5, 8)))
        assert set(study.states().values()) == {"complete"}
        study.close()
    assert found[0] == found[1]


def test_pruning_is_kept_in_a_server(server: tuple[str, Path], tmp_path: Path) -> None:
    given = Arguments(tmp_path, pruner=pruner("asha"), url=server[0], name=tmp_path.name)
    study = given.create()
    study.ask(0)
    answers = [study.report(0, step, 1.0 / step) for step in (1, 2)]
    study.close()
    study = given.open()
    assert [study.report(0, step, 1.0 / step) for step in (1, 2)][-1] is answers[-1]
    study.tell(0, "pruned")
    study.close()


def test_cmaes_is_not_kept_in_a_server(server: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        Arguments(tmp_path, "cmaes", url=server[0]).create()
    assert str(refused.value) == (
        "search.storage: cmaes keeps code in the study, which nobody else may write; leave it "
        "out, or write search=tpe"
    )


def test_a_row_that_is_locked_is_not_waited_for_without_end(
    server: tuple[str, Path], tmp_path: Path
) -> None:
    import psycopg

    given = Arguments(tmp_path, url=server[0], name=tmp_path.name, wait=1.0)
    study = given.create()
    study.ask(0)
    with psycopg.connect(server[0]) as other:
        other.execute("LOCK TABLE trials IN EXCLUSIVE MODE")
        with pytest.raises(StoreError) as refused:
            study.tell(0, "complete", [1.0])
    assert "lock timeout" in str(refused.value)
    study.tell(0, "complete", [1.0])
    assert study.states() == {0: "complete"}
    study.close()


def test_a_server_that_is_down_is_named_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    url = f"postgresql://dl:s3cret@127.0.0.1:{free_port()}/postgres"
    with pytest.raises(StoreError) as refused:
        Arguments(tmp_path, url=url).create()
    assert str(refused.value).startswith("postgresql://127.0.0.1:")
    assert "s3cret" not in str(refused.value)
    assert str(refused.value).endswith("put it right, then go on with --resume")

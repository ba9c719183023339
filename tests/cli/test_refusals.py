"""Everything that can be known to be wrong is refused before anything is created.

``refusals/*.txt`` hold, for each command line and what stands in its folder, the exit status and
exactly what is said; ``{groups}`` and ``{options GROUP}`` stand for what there is to choose from.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import torch

from dlcli.config import modules
from dlcli.tracking import sqlite
from tests import terminal
from tests.choices import named
from tests.cli.refusing import Answer, Row, run, table, words
from tests.cli.scenes import SCENES, Scene, own_code, store_scenes
from tests.cli.servers import servers
from tests.conftest import environment, run_command

KINDS = {2: "config", 3: "data", 4: "store", 5: "checkpoint", 6: "training"}
TABLES = {name: table(name) for name in ("command", "files", "targets", "secrets", "fit", "data")}
ROWS = [row for rows in TABLES.values() for row in rows]
Refuse = Callable[..., Answer]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder of this test's own, and nothing left in the process by the one before."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "CUDA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    # it remembers the proxies of the first request that the process ever made
    urllib.request.install_opener(None)  # type: ignore[arg-type]
    forget_own_code()
    yield tmp_path
    urllib.request.install_opener(None)  # type: ignore[arg-type]
    forget_own_code()


def forget_own_code() -> None:
    modules.find.cache_clear()
    for name in [name for name in sys.modules if name.startswith("own_pkg")]:
        del sys.modules[name]


@pytest.fixture
def refuse(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Run a row's command in this process, with ``--json``."""

    def refuse(
        row: Row, marks: Mapping[str, str] | None = None, scenes: Mapping[str, Scene] = SCENES
    ) -> Answer:
        if row.scene:
            scenes[row.scene](folder)
        given, arguments = words(row.command, marks or {})
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        return run([arguments[0], "--json", *arguments[1:]], folder, marks)

    return refuse


def check(row: Row, answer: Answer) -> None:
    assert answer.error == named(row.error)
    assert answer.status == row.status
    assert answer.created == ()
    told = json.loads(answer.output.splitlines()[-1])
    assert told["status"] == row.status
    assert told["error"]["kind"] == KINDS[row.status]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
@pytest.mark.filterwarnings("ignore:.*no example of class")
def test_it_is_refused_and_nothing_is_created(row: Row, refuse: Refuse) -> None:
    check(row, refuse(row))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("row", table("device"), ids=lambda row: row.id)
def test_a_device_that_is_not_there_is_refused(row: Row, refuse: Refuse) -> None:
    check(row, refuse(row))


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    return SCENES | store_scenes(sqlite.build(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, str]]:
    with servers() as marks:
        yield marks


@pytest.mark.parametrize("row", table("store"), ids=lambda row: row.id)
def test_a_store_that_cannot_be_used_is_refused(
    row: Row, refuse: Refuse, ports: dict[str, str], stores: dict[str, Scene]
) -> None:
    before = time.monotonic()
    answer = refuse(row, ports, stores)
    assert time.monotonic() - before < 30
    check(row, answer)
    assert "hunter22" not in answer.error + answer.output


def test_json_repeats_what_is_said(refuse: Refuse) -> None:
    row = Row(None, "dlcli train seed=-1", 2, "")
    message = "override seed=-1: must be at least 0 and at most 4294967295; got -1"
    answer = refuse(row)
    assert (
        answer.output
        == json.dumps({"error": {"kind": "config", "message": message}, "status": 2}) + "\n"
    )
    assert answer.error == f"error: {message}"


def test_without_json_nothing_is_on_stdout_and_debug_shows_where(folder: Path) -> None:
    assert run(["train", "seed=-1"], folder).output == ""
    assert "Traceback" not in run(["train", "seed=-1"], folder).error
    assert run(["train", "seed=-1", "--debug"], folder).error.startswith("Traceback")


def test_the_module_of_a_forbidden_target_is_not_imported(refuse: Refuse) -> None:
    sys.modules.pop("this", None)
    for row in TABLES["targets"]:
        if "this.d" in row.command:
            refuse(row)
    assert "this" not in sys.modules


def test_a_variable_that_would_allow_more_is_ignored_and_named(folder: Path) -> None:
    os.environ["HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE"] = "os"
    answer = run(["train", "--print-config"], folder)
    assert answer.error == (
        "warning: HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE is ignored; [tool.dlcli] allow names "
        "packages that may run"
    )
    assert answer.status == 0


REAL = [
    TABLES["command"][4],
    next(row for row in TABLES["data"] if row.scene == "IDX: wrong magic"),
    next(row for row in table("store") if row.scene == "store: zero bytes"),
]


@pytest.mark.parametrize("row", REAL[1:], ids=lambda row: row.id)
def test_a_process_of_its_own_says_the_same(row: Row, folder: Path) -> None:
    work = folder / "work"
    work.mkdir()
    SCENES[str(row.scene)](work)
    _, arguments = words(row.command, {})
    done = terminal.run(shlex.join(["dlcli", *arguments]), work)
    assert done.status == row.status
    assert done.output.replace(str(work), "{folder}").rstrip("\n") == row.error


IMPORTING = [pytest.param(row, marks=pytest.mark.slow) for row in REAL[1:]]


@pytest.mark.parametrize("row", [REAL[0], *IMPORTING], ids=lambda row: row.id)
def test_the_real_command_says_the_same(row: Row, folder: Path) -> None:
    if row.scene:
        SCENES[row.scene](folder)
    _, arguments = words(row.command, {})
    done = run_command(folder, *arguments)
    assert done.status == row.status
    assert done.stderr.replace(str(folder), "{folder}").rstrip("\n") == row.error
    assert done.stdout == ""


# Tells of each command line how it ended and what the process has imported by then.
IMPORTED = """
import sys
from dlcli.cli.main import app
for line in sys.argv[1:]:
    try:
        app(["train", *line.split()])
    except SystemExit as ended:
        heavy = {"torch", "pytorch_lightning", "mlflow", "optuna", "pandas"}
        print(line, ended.code, sorted(heavy & set(sys.modules)))
"""
KNOWN_AT_ONCE = [
    "trainer.max_epoch=3",
    "trainer.max_epochs=ten",
    "optimizer.lr=1,2",
    "optimizer._target_=torch.load",
    "model=own model.widht=3",
    "--name a/b",
    "tracking.uri=mlruns",
    "--config-dir nope",
]


def test_what_needs_no_import_is_refused_without_one(folder: Path) -> None:
    own_code()(folder)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *KNOWN_AT_ONCE],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [f"{line} 2 []" for line in KNOWN_AT_ONCE]


def test_a_typo_is_refused_about_as_fast_as_hydra_is_imported(folder: Path) -> None:
    def seconds(*command: str) -> float:
        times = []
        for _ in range(3):
            before = time.monotonic()
            subprocess.run(
                [sys.executable, *command], cwd=folder, env=environment(folder), capture_output=True
            )
            times.append(time.monotonic() - before)
        return min(times)

    assert seconds("-m", "dlcli", "train", "trainer.max_epoch=3") < 6 * seconds(
        "-c", "import hydra"
    )


def test_the_board_is_not_opened_to_everybody(folder: Path) -> None:
    answer = run(["ui", "--host", "0.0.0.0"], folder)
    assert answer.status == 2
    assert answer.created == ()


def test_at_least_eighty_refusals_are_in_the_tables() -> None:
    assert len(ROWS) + len(table("device")) + len(table("store")) >= 80


def test_no_refusal_advises_to_add_a_plus() -> None:
    assert not [row for row in ROWS if "append" in row.error or "use +" in row.error]

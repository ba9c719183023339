"""Every error ends with its status, one or two lines on stderr, and JSON where that was asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from dlcli import errors
from dlcli.cli.boundary import Boundary
from dlcli.cli.main import app as dlcli
from tests.conftest import REPOSITORY, Trained, environment

COMMANDS = typer.main.get_command(dlcli).list_commands(None)
STATUSES = [
    (errors.ConfigError("no"), 2, "config"),
    (errors.DataError("no"), 3, "data"),
    (errors.StoreError("no"), 4, "store"),
    (errors.CheckpointError("no"), 5, "checkpoint"),
    (errors.TrainingError("no"), 6, "training"),
    (errors.BusyError("no"), 75, "busy"),
    (errors.Stopped("no", 2), 130, "stopped"),
    (errors.Stopped("no", 15), 143, "stopped"),
]


def failing(error: BaseException) -> typer.Typer:
    app = typer.Typer(cls=Boundary, add_completion=False)
    app.callback()(lambda: None)

    @app.command()
    def fail(json: bool = False, debug: bool = False) -> None:
        raise error

    return app


def run(app: typer.Typer, *arguments: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        app(list(arguments), prog_name="dlcli")
    return int(exit_.value.code or 0)


@pytest.mark.parametrize(("error", "status", "kind"), STATUSES)
def test_an_error_ends_with_its_status(error, status, kind, capsys):
    assert run(failing(error), "fail") == status
    assert capsys.readouterr() == ("", "error: no\n")


def test_an_interrupt_of_a_stopped_command_leaves_its_message(capsys):
    interrupt = KeyboardInterrupt()
    interrupt.__context__ = errors.Stopped("stopped by SIGTERM; to go on: …", 15)
    assert run(failing(interrupt), "fail") == 143
    assert capsys.readouterr().err == "error: stopped by SIGTERM; to go on: …\n"


@pytest.mark.parametrize(("error", "status", "kind"), STATUSES)
def test_with_json_an_error_is_one_object_too(error, status, kind, capsys):
    assert run(failing(error), "fail", "--json") == status
    expected = {"error": {"kind": kind, "message": "no"}, "status": status}
    assert json.loads(capsys.readouterr().out) == expected


def test_a_traceback_is_shown_with_debug_only(capsys):
    run(failing(errors.DataError("no")), "fail")
    assert "Traceback" not in capsys.readouterr().err
    run(failing(errors.DataError("no")), "fail", "--debug")
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())(["fail"], prog_name="dlcli")


def test_ctrl_c_ends_with_130(capsys):
    assert run(failing(KeyboardInterrupt()), "fail") == 130
    assert capsys.readouterr().err == "error: stopped by SIGINT; nothing was left half done\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "No such command 'lst'. Did you mean 'list'?; see dlcli --help"),
        (
            ["xyz"],
            f"No such command 'xyz'; commands: {', '.join(COMMANDS)}; see dlcli --help",
        ),
        (
            ["train", "--nam", "x"],
            "No such option: --nam (Possible options: --name); see dlcli train --help",
        ),
        (["evaluate"], "Missing argument 'RUN... [OVERRIDES]...'; see dlcli evaluate --help"),
        (
            ["evaluate", "x", "--split", "vall"],
            "Invalid value for '--split': 'vall' is not one of 'train', 'val', 'test'; "
            "see dlcli evaluate --help",
        ),
    ],
)
def test_a_wrong_word_is_one_line_and_status_2(dlcli, arguments, message):
    done = dlcli(*arguments, "--json")
    assert (done.status, done.stderr) == (2, f"error: {message}\n")
    assert done.json == {"error": {"kind": "config", "message": message}, "status": 2}


def test_a_reader_that_goes_away_is_no_complaint(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcli", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert (process.wait(30), process.stderr.read()) == (141, b"")
    process.stderr.close()


@pytest.mark.parametrize(("terminal", "styled"), [("dumb", False), ("xterm", True)])
def test_a_dumb_terminal_gets_no_control_characters(trained: Trained, terminal, styled):
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "dlcli", "runs"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=trained.folder,
        env=environment(trained.folder, TERM=terminal, NO_COLOR=""),
        timeout=60,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    assert b"first" in shown
    assert (b"\x1b" in shown) is styled


def test_the_module_runs_as_the_command(command):
    assert command("--help").stdout.startswith("Usage: dlcli [OPTIONS] COMMAND")
    assert (REPOSITORY / "dlcli" / "__main__.py").exists()

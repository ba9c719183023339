"""Every error ends with its status, one or two lines on stderr, and JSON where that was asked."""

from __future__ import annotations

import errno
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from dlcli import __version__, errors
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


def test_a_full_disk_is_no_bug(capsys):
    error = OSError(errno.ENOSPC, "No space left on device", "runs/a/run.json")
    assert run(failing(error), "fail") == 4
    assert capsys.readouterr().err.startswith("error: runs/a/run.json: No space left on device;")


def test_what_failed_first_is_told_where_a_full_disk_hinders_its_end_too(capsys):
    error = OSError(errno.ENOSPC, "No space left on device", "runs/a/run.json")
    error.__context__ = errors.CheckpointError("last.ckpt: cannot be written")
    assert run(failing(error), "fail") == 5
    assert capsys.readouterr().err == "error: last.ckpt: cannot be written\n"


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "--json"]])
def test_output_that_nobody_has_room_for_is_told_in_a_line(tmp_path: Path, arguments):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with full.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "dlcli", *arguments],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(tmp_path),
        )
    assert done.returncode == 4
    assert done.stderr.startswith("error: nothing more can be written: No space left on device;")
    assert done.stderr.count("\n") == 1


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
        (["--vesion"], "No such option: --vesion (Possible options: --version); see dlcli --help"),
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


def test_the_version_is_told(dlcli):
    assert dlcli("--version").stdout == f"dlcli {__version__}\n"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_streams_are_nobodys_file(tmp_path: Path, closed: tuple[int, ...]):
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcli", "list", "model"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(tmp_path),
        preexec_fn=lambda: [os.close(one) for one in closed],
    )
    output, errors_ = process.communicate(timeout=60)
    assert (process.returncode, errors_) == (0, b"")
    assert bool(output) == (1 not in closed)


def test_a_folder_that_was_removed_is_told_in_a_line(tmp_path: Path):
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f'rmdir "{gone}"; exec "{sys.executable}" -m dlcli list'
    done = subprocess.run(
        ["sh", "-c", command], cwd=gone, env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "error: this folder was removed; change to one that is there\n"


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

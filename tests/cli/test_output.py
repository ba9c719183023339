"""What takes seconds is said in a terminal, and leaves nothing behind there."""

from __future__ import annotations

import io

import pytest

from dlcli.cli import output
from dlcli.cli.boundary import report
from dlcli.errors import DataError
from dlcli.training.rank import RUN_ARTIFACTS


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Terminal:
    """Have a terminal as stderr; not in a fixture, as pytest sets it anew before each test."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    for name, value in ({"TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(output, "settings", output.Settings())
    return terminal


def test_it_is_said_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)
    with output.waiting_for("importing …"):
        assert terminal.getvalue() == "importing … "
    assert terminal.getvalue() == f"importing … {output.ERASED}"


def test_a_warning_and_an_error_stand_in_lines_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = screen(monkeypatch)
    with output.waiting_for("importing …"):
        output.warn(["old"])
        output.warn(["older"])
    with output.waiting_for("checking …"):
        report(DataError("no"))
    said = [f"importing … {output.ERASED}warning: old", "warning: older"]
    said += [f"checking … {output.ERASED}error: no", ""]
    assert terminal.getvalue().split("\n") == said


@pytest.mark.parametrize("asked", ["quiet", "json"])
def test_who_wants_no_progress_gets_none(monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    terminal = screen(monkeypatch)
    setattr(output.settings, asked, True)
    with output.waiting_for("importing …"):
        pass
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("other", [{"TERM": "dumb"}, {"LOCAL_RANK": "1", RUN_ARTIFACTS: "x"}])
def test_a_dumb_terminal_and_further_ranks_get_none(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str]
) -> None:
    terminal = screen(monkeypatch, **other)
    with output.waiting_for("importing …"):
        pass
    assert terminal.getvalue() == ""


def test_a_file_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    monkeypatch.setenv("TERM", "xterm")
    with output.waiting_for("importing …"):
        pass
    assert file.getvalue() == ""

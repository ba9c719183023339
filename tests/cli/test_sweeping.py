"""The beginning of a sweep: what is written down of it, and what a signal before that leaves."""

from __future__ import annotations

import signal
from contextlib import nullcontext
from pathlib import Path

import pytest

from dlcli.cli import sweeping
from dlcli.cli.sweep_check import Checked
from dlcli.config.sweep import SweepConfig, compose_sweep
from dlcli.errors import ConfigError, Stopped
from dlcli.search.folder import SweepFolder
from dlcli.search.settings import Search

URI = "tracking.uri=postgresql://me:hunter22@localhost/runs"


def test_no_secret_of_the_code_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    folder = SweepFolder(tmp_path / "mlruns", "s")
    made = compose_sweep([URI, "optimizer.lr=0.1,0.2"], None)
    diff = "+TOKEN = 'https://me:hunter22@example.org'\n+lr = 0.1\n"
    checked = Checked(["val/loss"], ["min"], 2, [], {"commit": "abc", "diff": diff})
    folder.path.mkdir(parents=True)
    frozen = sweeping.freeze(folder, made, checked, None)
    assert frozen.code["diff"] == "+TOKEN = 'https://***@example.org'\n+lr = 0.1\n"
    written = [path for path in folder.path.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if "hunter22" in path.read_text()] == []


def test_a_signal_before_the_sweep_begins_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweeping, "composed", lambda *_: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Stopped) as error:
        sweeping.start_sweep("s", [], None, [], True)
    assert str(error.value) == "stopped by SIGTERM; no sweep was begun, so start it again"
    assert not (tmp_path / "mlruns").exists()


def test_a_plan_refuses_what_the_sampler_cannot_search(monkeypatch: pytest.MonkeyPatch):
    made = compose_sweep(["search=cmaes", "model=mlp,cnn"], None)
    parts = Search.of(made.settings["search"]), None
    monkeypatch.setattr(sweeping, "executing", lambda made: nullcontext(parts))
    with pytest.raises(ConfigError) as refused:
        sweeping.planned(made)
    assert str(refused.value) == (
        "search=cmaes: searches numbers, and none is in every trial; write search=tpe"
    )


class Built(Exception):
    """In place of the rest of a sweep."""


def test_a_resumed_sweep_says_what_is_to_be_warned_of_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def building(made: SweepConfig) -> None:
        raise Built

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweeping, "building", building)
    folder = SweepFolder(tmp_path / "mlruns", "s")
    made = compose_sweep(["search=random", "search.n_trials=2", "optimizer.lr=0.1,0.2"], None)
    with folder.owned():
        sweeping.freeze(folder, made, Checked(["val/loss"], ["min"], 2, []), None)
    for trials, warned in (2, ""), (3, "warning: search.n_trials: 3 trials of a space of 2 points"):
        with pytest.raises(Built):
            sweeping.resume_sweep("s", [f"search.n_trials={trials}"], None, [], True)
        assert capsys.readouterr().err.partition(",")[0] == warned

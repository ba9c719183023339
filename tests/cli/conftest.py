"""The command in this process, for what needs no process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.cli.main import app
from tests.conftest import Done


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and home."""
    work = tmp_path / "here"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return work


@pytest.fixture
def dlcli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command line in this process."""

    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as exit_:
            app(list(arguments), prog_name="dlcli")
        out, err = capfd.readouterr()
        return Done(int(exit_.value.code or 0), out, err)

    return run

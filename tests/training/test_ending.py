"""A run is closed truly, whatever ends it, and says how to go on where that can be done."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from dlcli.errors import Stopped
from dlcli.training.train import ending


def closed(error: BaseException, folder: Path, **options: str) -> tuple[tuple[str, str], str]:
    """How a run is closed that an error ends, and what is said."""
    found: list[tuple[str, str]] = []
    run = SimpleNamespace(name="night", artifacts=folder, finish=lambda *how: found.append(how))
    with pytest.raises(type(error)) as raised, ending(run, **options):  # type: ignore[arg-type]
        raise error
    return found[0], str(raised.value)


def test_a_stopped_training_is_told_with_what_finds_and_builds_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    about = {"overrides": ["tracking.experiment=course"], "allow": ["own"]}
    (tmp_path / "origins.json").write_text(json.dumps(about))
    how, told = closed(Stopped("stopped by SIGINT", 2), tmp_path)
    assert how == ("KILLED", "stopped by SIGINT")
    assert told == (
        "stopped by SIGINT; to go on: dlcli train --resume night tracking.experiment=course "
        "--allow own"
    )


def test_what_cannot_go_on_is_not_told_how(tmp_path: Path) -> None:
    how, told = closed(Stopped("stopped by SIGTERM", 15), tmp_path, command="")
    assert (how[0], told) == ("KILLED", "stopped by SIGTERM")


def test_an_interrupt_is_no_failure(tmp_path: Path) -> None:
    assert closed(KeyboardInterrupt(), tmp_path)[0] == ("KILLED", "stopped by SIGINT")

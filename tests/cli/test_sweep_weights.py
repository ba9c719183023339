"""What the trials of a sweep start from is looked for before the sweep begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dlcli.cli import sweep_check
from dlcli.cli.sweep_weights import known_weights, references
from dlcli.cli.sweeping import composed
from dlcli.search.folder import SweepFolder
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import NoTracking
from tests.conftest import Done

SPACE = ["model=linear", "search=grid", "optimizer.lr=choice(0.1, 0.2)", "tracking=none"]


@pytest.mark.parametrize(
    ("given", "plan", "status", "said"),
    [
        ("none", [], 2, "RUN 'none': no runs are recorded here; start one: dlcli train"),
        ("gone.pt", ["--plan"], 5, "model.init_from: gone.pt: no such file"),
    ],
)
def test_weights_that_are_not_there_are_refused_before_anything_is_made(
    given: str,
    plan: list[str],
    status: int,
    said: str,
    dlcli: Callable[..., Done],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep_check, "_built", unbuilt)
    done = dlcli("sweep", *SPACE, *plan, f"model.init_from={given}")
    assert (done.status, done.stderr.splitlines()[-1]) == (status, f"error: {said}")
    assert list(folder.iterdir()) == []


def unbuilt(configs: Sequence[Any], *_: Any) -> dict[str, Any]:
    """All models can be built."""
    return {"problems": [[] for _ in configs], "code": {}, "versions": {}}


def test_each_reference_of_a_space_is_known_once() -> None:
    configs = [
        composed([*SPACE, *more], None, []).base
        for more in ([], ["model.init_from=a"], ["model.init_from=b"], ["model.init_from=a"])
    ]
    assert references(configs) == ["a", "b"]


def test_a_reference_means_the_same_file_from_its_first_use_on(folder: Path) -> None:
    sweep = SweepFolder(folder, "s")
    sweep.path.mkdir(parents=True)
    (folder / "w.pt").touch()
    recorder = Recorder.start(NoTracking(), folder)
    first = known_weights(sweep, "w.pt", recorder)
    (folder / "w.pt").unlink()
    assert known_weights(sweep, "w.pt", recorder) == first == str(folder / "w.pt")
    recorder.close()

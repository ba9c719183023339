"""What a command needs of a run that it goes on from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.cli.evaluate import find_source
from dlcli.cli.running import Finder, initial_weights
from dlcli.errors import CheckpointError
from dlcli.search.checkpoints import REMOVED
from dlcli.tracking.client import Recorder
from dlcli.tracking.query import Runs
from dlcli.tracking.settings import NoTracking
from tests.conftest import Done

GONE = (
    "RUN s-0001: its checkpoints are gone, as the sweep s keeps those of its best trials alone "
    "(search.keep_checkpoints); train it again: dlcli train --config "
)


@pytest.fixture
def recorder(folder: Path) -> Recorder:
    """A sweep's trial whose checkpoints were removed."""
    recorder = Recorder.start(NoTracking(), folder / "mlruns")
    tags = {"dlcli.kind": "trial", "dlcli.sweep": "s"}
    run = recorder.create_run("s-0001", tags)
    (run.artifacts / "config.yaml").write_text("model: {}\n")
    run.set_tags(REMOVED)
    run.finish("FINISHED", "finished")
    return recorder


def test_a_trial_whose_checkpoints_its_sweep_removed_is_told_as_such(
    recorder: Recorder, folder: Path
) -> None:
    finders: list[Finder] = [recorder, Runs(NoTracking(), folder / "mlruns")]
    asked: list[Callable[[], object]] = [lambda: initial_weights("s-0001", recorder)]
    asked += [lambda one=one: find_source("s-0001", [], [], one) for one in finders]
    for ask in asked:
        with pytest.raises(CheckpointError) as refused:
            ask()
        assert str(refused.value).startswith(GONE)


def test_a_training_does_not_go_on_in_a_trial_without_its_checkpoints(
    recorder: Recorder, dlcli: Callable[..., Done]
) -> None:
    recorder.close()
    done = dlcli("train", "--resume", "s-0001", "trainer.max_epochs=3", "tracking=none")
    assert done.status == CheckpointError.status
    assert f"error: {GONE}" in done.stderr

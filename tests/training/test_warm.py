"""What trials are forked from has imported and read what they use, and has no second thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dlcli.config.compose import compose
from dlcli.data.memory import Memory
from dlcli.errors import DataError
from dlcli.training import experiment
from dlcli.training.startup import warm_up_for

NODE = compose("train", []).values["data"]

TRIAL = """
import json, os, sys
from pathlib import Path
from tests.training.trialling import Told, payload
task = payload(Path(sys.argv[1]), "trainer.max_epochs=2")
import dlcli.training.warm, torch
from dlcli.training.experiment import READY
known = set(sys.modules)
facts = [len(os.listdir("/proc/self/task")), torch.cuda.is_initialized(), len(READY)]
from dlcli.training.trial import run
run(task, Told())
late = [name for name in set(sys.modules) - known if name.startswith(("dlcli", "torch"))]
print(json.dumps([*facts, late]))
"""


def warmed(root: Path, **more: str) -> list[object]:
    """Threads, whether a GPU was touched, data sets read; what a trial imported then."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **more}
    done = subprocess.run(
        [sys.executable, "-c", TRIAL, str(root)], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists its threads")
def test_trials_find_everything_imported_and_their_data_read(tmp_path: Path) -> None:
    values = compose("train", ["model=mlp"]).values
    assert warmed(tmp_path, **warm_up_for(values, practice=True)) == [1, False, 1, []]


@pytest.mark.slow
def test_what_cannot_be_prepared_is_left_to_the_trial(tmp_path: Path) -> None:
    data = json.dumps({"node": {"_target_": "dlcli.data.nothing.Nothing"}, "allow": []})
    found = warmed(tmp_path, DLCLI_WARM="dlcli.nothing:not.there", DLCLI_WARM_DATA=data)
    assert found[2] == 0


def test_code_of_the_users_own_is_not_prepared() -> None:
    values = {"data": {"_target_": "mine.data.Data"}, "model": {"_target_": "mine.net.Net"}}
    assert warm_up_for(values, ["mine"]) == {"DLCLI_WARM": "", "DLCLI_WARM_PRACTICE": ""}


def test_data_that_was_read_before_gives_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    node = {**NODE, "batch_size": 64}
    alone, spec = experiment.build_data(node, ())
    ready, _ = experiment.build_data(NODE, ())
    monkeypatch.setattr(experiment, "READY", {experiment.setup_key(NODE): ready})
    monkeypatch.setattr(Memory, "read", None)
    shared, same = experiment.build_data(node, ())
    assert (shared.fingerprint, same) == (alone.fingerprint, spec)
    for one, other in zip(alone.train_dataloader(), shared.train_dataloader(), strict=True):
        assert all(map(torch.equal, one, other))


def test_data_that_was_read_before_is_no_other_data(monkeypatch: pytest.MonkeyPatch) -> None:
    ready, _ = experiment.build_data(NODE, ())
    monkeypatch.setattr(experiment, "READY", {experiment.setup_key(NODE): ready})
    other, _ = experiment.build_data({**NODE, "seed": 1}, ())
    assert other.fitted["partition"]["seed"] == 1


def test_a_batch_larger_than_the_data_is_refused_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready, _ = experiment.build_data(NODE, ())
    monkeypatch.setattr(experiment, "READY", {experiment.setup_key(NODE): ready})
    with pytest.raises(DataError, match="fewer than one batch of 5000"):
        experiment.build_data({**NODE, "batch_size": 5000, "drop_last": True}, ())

"""A trial trains its run, tells every epoch, ends when asked, and goes on where it was killed."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from dlcli.tracking.history import read_history
from dlcli.training import trial
from dlcli.training.checkpoint import CheckpointFolder, load
from tests.conftest import run_command
from tests.training.killing import differences
from tests.training.trialling import TINY, Ended, Told, payload, run_trial

EPOCHS = "trainer.max_epochs=4"


def checkpoints(root: Path, task: dict[str, object]) -> CheckpointFolder:
    return CheckpointFolder(root / "runs" / str(task["run_id"]) / "artifacts" / "checkpoints")


def scores(ended: Ended) -> dict[str, float]:
    """What a trial measured, without what it took."""
    assert ended.outcome is not None, ended.error
    return {name: v for name, v in ended.outcome["values"].items() if name.startswith("val/")}


def test_a_trial_tells_every_epoch_and_gives_the_values_of_its_best_checkpoint(
    tmp_path: Path,
) -> None:
    task = payload(tmp_path, EPOCHS)
    ended = run_trial(task)
    assert ended.status == 0, ended.error
    assert ended.told.steps == [1, 2, 3, 4]
    assert ended.outcome is not None
    best = min(ended.told.values, key=lambda values: values["val/loss"])
    assert scores(ended) == {k: v for k, v in best.items() if k.startswith("val/")}
    assert ended.outcome["values"]["cost/params"] == 26122
    assert ended.outcome["fit_seconds"] > 0
    assert ended.outcome["state"] == "complete"


def test_a_trial_leaves_its_run_open_with_all_that_a_run_records(tmp_path: Path) -> None:
    task = payload(tmp_path, EPOCHS)
    run_trial(task)
    folder = tmp_path / "runs" / task["run_id"]
    assert '"RUNNING"' in (folder / "run.json").read_text()
    assert (folder / "artifacts" / "config.yaml").is_file()
    recorded = read_history(folder)
    assert {"val/loss", "train/loss", "best/val/loss", "cost/params"} <= set(recorded)
    assert not [name for name in recorded if name.startswith("test/")]


def test_a_trial_that_is_asked_to_stop_is_pruned_after_that_epoch(tmp_path: Path) -> None:
    ended = run_trial(payload(tmp_path, "trainer.max_epochs=500"), stop_after=2)
    assert ended.status == 0, ended.error
    assert ended.outcome is not None
    assert (ended.outcome["state"], ended.told.steps) == ("pruned", [1, 2])


def test_a_trial_that_is_asked_to_stop_in_an_epoch_does_not_finish_it(tmp_path: Path) -> None:
    ended = run_trial(payload(tmp_path, EPOCHS), stop_after=0)
    assert ended.outcome is not None, ended.error
    assert (ended.outcome["state"], ended.told.steps) == ("pruned", [])


def test_a_trial_is_tested_as_a_run_of_its_own_would_be(tmp_path: Path) -> None:
    task = payload(tmp_path, EPOCHS)
    run_trial(task)
    found = trial.test(task, Told())
    single = run_command(tmp_path, "train", *TINY, EPOCHS, "tracking=none", "--json")
    tested = {k: v for k, v in single.json["metrics"].items() if k.startswith("test/")}
    assert found.values == tested
    assert not (tmp_path / "runs" / task["run_id"] / "artifacts" / "figures").exists()


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_trial_ended_at_any_moment_and_run_again_ends_as_an_unbroken_one(
    number: signal.Signals, tmp_path: Path
) -> None:
    whole = payload(tmp_path, EPOCHS)
    unbroken = run_trial(whole)
    numbers = random.Random(4)
    for _ in range(2):
        task = payload(tmp_path, EPOCHS)
        for _ in range(4):
            run_trial(task, signal_after=(number, numbers.uniform(0.2, 1.5)))
        ended = run_trial(task)
        assert ended.status == 0, ended.error
        assert scores(ended) == scores(unbroken)
        last = (load(checkpoints(tmp_path, one).verify("last")) for one in (whole, task))
        weights = [checkpoint["state_dict"] for checkpoint in last]
        assert differences(*weights) == []


def test_a_trial_that_died_between_its_first_two_checkpoints_ends_as_an_unbroken_one(
    tmp_path: Path,
) -> None:
    unbroken = run_trial(payload(tmp_path, EPOCHS))
    dies = "callbacks.last_checkpoint._target_=tests.training.dying.Dies"
    task = payload(tmp_path, EPOCHS, dies, allow=("tests",))
    assert run_trial(task).status == 137
    assert set(checkpoints(tmp_path, task).entries()) == {"best"}
    ended = run_trial(task)
    assert ended.status == 0, ended.error
    assert scores(ended) == scores(unbroken)


def test_a_trial_that_ended_is_not_trained_again(tmp_path: Path) -> None:
    task = payload(tmp_path, EPOCHS)
    first, again = run_trial(task), run_trial(task)
    assert again.told.steps == []
    assert scores(again) == scores(first)


def test_a_trial_that_stopped_early_is_not_trained_on(tmp_path: Path) -> None:
    soon = ("callbacks.early_stopping.patience=1", "callbacks.early_stopping.min_delta=10")
    task = payload(tmp_path, "trainer.max_epochs=20", "callbacks=default", *soon)
    first, again = run_trial(task), run_trial(task)
    assert (first.told.steps, again.told.steps) == ([1, 2], [])
    assert scores(again) == scores(first)


def test_sigterm_stops_a_trial_with_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    task = payload(tmp_path, "trainer.max_epochs=100000", "~callbacks.early_stopping")
    ended = run_trial(task, signal_after=(signal.SIGTERM, 2.5))
    assert (ended.status, ended.error) == (143, "stopped by SIGTERM")
    assert checkpoints(tmp_path, task).verify("last").is_file()


def test_a_damaged_last_checkpoint_costs_epochs_but_not_the_trial(tmp_path: Path) -> None:
    task = payload(tmp_path, EPOCHS)
    first = run_trial(task)
    folder = checkpoints(tmp_path, task)
    for role in folder.entries():
        folder.verify(role).write_bytes(b"damaged")
    again = run_trial(task)
    assert again.told.steps == [1, 2, 3, 4]
    assert scores(again) == scores(first)


def test_a_trial_that_diverges_says_so(tmp_path: Path) -> None:
    ended = run_trial(payload(tmp_path, EPOCHS, "optimizer=sgd", "optimizer.lr=1e6"))
    assert ended.reason == "diverged", ended
    assert "training diverged" in ended.error


def test_a_trial_starts_from_the_weights_that_its_configuration_names(tmp_path: Path) -> None:
    first = payload(tmp_path, EPOCHS)
    before = run_trial(first)
    best = checkpoints(tmp_path, first).verify("best")
    ended = run_trial(payload(tmp_path, EPOCHS, f"model.init_from={best}"))
    again = run_trial(payload(tmp_path, EPOCHS, "model.init_from=nowhere"))
    assert ended.told.values[0]["val/loss"] < before.told.values[-1]["val/loss"]
    assert again.error.startswith("ConfigError: model.init_from: nowhere: no such file")


@pytest.fixture
def own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the user's own, with a net that fails when it is used."""
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "net.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self, spec, error='RuntimeError'):\n"
        "        super().__init__()\n"
        "        self.layer = torch.nn.Linear(64, 10)\n"
        "        self.error = error\n"
        "    def forward(self, images):\n"
        "        if self.training:\n"
        "            raise getattr(torch, self.error, RuntimeError)('wrong')\n"
        "        return self.layer(images.flatten(1))\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("error", "reason", "said"),
    [
        ("RuntimeError", "error", "TrainingError: mine/net.py:9: RuntimeError: wrong"),
        ("OutOfMemoryError", "oom", "data.batch_size=256: out of memory"),
    ],
)
def test_an_error_in_a_training_is_told_by_its_class_and_place(
    error: str, reason: str, said: str, own_code: Path
) -> None:
    net = ("model.net._target_=mine.net.Net", "~model.net.widths", "~model.net.activation")
    more = ("~model.net.dropout", "~model.net.output", f"+model.net.error={error}")
    task = payload(own_code / "mlruns", EPOCHS, *net, *more, allow=("mine",))
    ended = run_trial(task, folder=own_code)
    assert ended.reason == reason, ended.error
    assert said in ended.error

"""A training that fails once it runs ends with its status, and its run says why."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlcli.training.checkpoint import load
from dlcli.training.stopping import SIGNALS
from tests.cli.own_model import FAULT_LINE, MODULE, ROW_LINE, WORKERS
from tests.cli.refusing import Answer, run
from tests.cli.scenes import write
from tests.cli.test_refusals import forget_own_code


@dataclass(frozen=True)
class Failed:
    """How a training ended, and what its run says."""

    status: int
    error: str
    kind: str
    run: dict[str, object]
    folder: Path

    @property
    def checkpoints(self) -> Path:
        return self.folder / "artifacts" / "checkpoints"


Fail = Callable[..., Failed]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DLCLI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DLCLI_RUN_ARTIFACTS", "")
    monkeypatch.delenv("DLCLI_RUN_ARTIFACTS")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    forget_own_code()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield tmp_path
    forget_own_code()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def train(folder: Path) -> Callable[..., Answer]:
    """Train with a module of the user's own that does something wrong in its training step."""

    def train(
        *overrides: str,
        fault: str = "pass",
        data: str = "pass",
        tracking: str = "none",
        module: str = MODULE,
    ) -> Answer:
        write(folder, "pyproject.toml", '[tool.dlcli]\nconfig_dir = "mine"\nallow = ["own_pkg"]\n')
        write(folder, "own_pkg/__init__.py", "")
        write(folder, "own_pkg/model.py", module.replace("{fault}", fault))
        write(folder, "own_pkg/data.py", WORKERS.replace("{fault}", data))
        write(folder, "mine/model/own.yaml", "_target_: own_pkg.model.Own\n")
        write(folder, "mine/data/own.yaml", "_target_: own_pkg.data.Data\n")
        settings = ["trainer=cpu", "trainer.max_epochs=2", "scheduler=none", f"tracking={tracking}"]
        return run(["train", "--json", "--quiet", *settings, *overrides], folder)

    return train


@pytest.fixture
def fail(folder: Path, train: Callable[..., Answer]) -> Fail:
    """Train what must fail, and look at its run."""

    def fail(*overrides: str, **named: str) -> Failed:
        answer = train(*overrides, **named)
        told = json.loads(answer.output.splitlines()[-1])
        assert told["status"] == answer.status
        (path,) = (folder / "mlruns" / "runs").iterdir()
        info = json.loads((path / "run.json").read_text())
        return Failed(answer.status, answer.error, told["error"]["kind"], info, path)

    return fail


OWN = ("model=own", "mode=min")


def reason(failed: Failed) -> tuple[object, object]:
    return failed.run["status"], failed.run["reason"]


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(fail: Fail) -> None:
    failed = fail("model=mlp", "optimizer=sgd", "optimizer.lr=1000000")
    assert failed.status == 6
    assert failed.error.startswith("error: training diverged: train/loss is ")
    assert failed.error.endswith("lower optimizer.lr or set trainer.gradient_clip_val")
    assert reason(failed) == ("FAILED", "diverged")
    assert not failed.checkpoints.exists()


def test_the_best_checkpoint_of_a_diverged_run_is_the_last_finite_one(fail: Fail) -> None:
    fault = "inputs = inputs * (float('nan') if self.current_epoch == 1 else 1)"
    failed = fail(*OWN, fault=fault)
    assert failed.error == (
        "error: training diverged: val/loss is nan in epoch 1; "
        "lower optimizer.lr or set trainer.gradient_clip_val"
    )
    assert reason(failed) == ("FAILED", "diverged")
    saved = sorted(path.name.partition("-step")[0] for path in failed.checkpoints.glob("*.ckpt"))
    assert saved == ["best-epoch0001", "last-epoch0001"]
    for path in failed.checkpoints.glob("*.ckpt"):
        assert all(value.isfinite().all() for value in load(path)["state_dict"].values())


def test_a_failed_run_is_failed_in_the_store_too(fail: Fail, folder: Path) -> None:
    fail(*OWN, fault="raise ValueError('bad batch')", tracking="mlflow")
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as database:
        assert database.execute("SELECT status FROM runs").fetchall() == [("FAILED",)]
        query = "SELECT value FROM tags WHERE key = 'dlcli.reason'"
        assert database.execute(query).fetchall() == [("error",)]


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_monitored_metric_that_is_never_logged_ends_the_run(
    fail: Fail, early_stopping: bool
) -> None:
    without = () if early_stopping else ("~callbacks.early_stopping",)
    failed = fail(*OWN, "monitor=val/acc", "~callbacks.lr_monitor", *without)
    assert failed.status == 6
    assert failed.error == (
        "error: monitor: 'val/acc' was not logged by the first validation; logged are val/loss"
    )
    assert reason(failed) == ("FAILED", "monitor")


FULL = (
    "data.batch_size=32: out of memory; use a smaller batch, with trainer.accumulate_grad_batches"
)


@pytest.mark.parametrize(
    "fault",
    [
        "raise torch.OutOfMemoryError('CUDA out of memory.')",
        "raise MemoryError",
        "torch.empty(2**60)",
    ],
)
def test_memory_that_is_used_up_is_named_with_the_batch_size(fail: Fail, fault: str) -> None:
    failed = fail(*OWN, fault=fault)
    assert failed.status == 6
    assert failed.error.startswith(f"error: {FULL}")
    assert reason(failed) == ("FAILED", "oom")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("raise ValueError('bad batch\\nand more')", "ValueError: bad batch"),
        ("raise KeyError", "KeyError"),
        ("inputs = self.net(inputs[:, :, 1:])", "RuntimeError: "),
        ("raise SystemExit(0)", "SystemExit: it ended the program itself"),
        ("import sys; sys.exit()", "SystemExit: it ended the program itself"),
    ],
)
def test_an_error_in_the_users_code_names_their_line(fail: Fail, fault: str, words: str) -> None:
    failed = fail(*OWN, fault=fault)
    assert failed.status == 6
    assert failed.error.startswith(f"error: own_pkg/model.py:{FAULT_LINE}: {words}")
    assert "\n" not in failed.error
    assert (failed.kind, *reason(failed)) == ("training", "FAILED", "error")


def test_debug_shows_the_whole_traceback_of_the_users_code(fail: Fail) -> None:
    failed = fail(*OWN, "--debug", fault="raise ValueError('bad batch')")
    assert "\nValueError: bad batch\n" in failed.error
    assert failed.error.endswith(f"error: own_pkg/model.py:{FAULT_LINE}: ValueError: bad batch")


def test_a_bug_of_ours_keeps_its_traceback(fail: Fail, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("dlcli.training.checkpointing.logged", broken)
    with pytest.raises(RuntimeError, match="ours"):
        fail(*OWN)


def test_what_lightning_refuses_is_said_without_its_traceback(fail: Fail) -> None:
    failed = fail(*OWN, module=MODULE.replace("self.optimizer(self.parameters())", "3"))
    assert failed.error.startswith("error: Lightning refuses to train: Unknown configuration for ")
    assert (failed.status, *reason(failed)) == (6, "FAILED", "error")


def test_a_module_without_a_test_is_trained_all_the_same(train: Callable[..., Answer]) -> None:
    with pytest.warns(UserWarning, match="there is no test: Own has no test_step"):
        answer = train(*OWN)
    told = json.loads(answer.output.splitlines()[-1])
    assert told["status"] == "FINISHED"
    assert list(told["metrics"]) == ["val/loss"]


def test_an_error_in_a_worker_process_names_the_users_line(fail: Fail) -> None:
    failed = fail(*OWN, "data=own", "monitor=train/loss", data="raise ValueError('row')")
    assert failed.error.startswith(f"error: own_pkg/data.py:{ROW_LINE}: ValueError: ")
    assert (failed.status, *reason(failed)) == (6, "FAILED", "error")


def test_a_worker_process_that_is_killed_ends_the_run(fail: Fail) -> None:
    failed = fail(*OWN, "data=own", "monitor=train/loss", data="os.kill(os.getpid(), 9)")
    assert failed.error.startswith("error: data: DataLoader worker (pid")
    assert (failed.status, *reason(failed)) == (6, "FAILED", "error")


REMOVED = "shutil.rmtree(next(Path('mlruns/runs').glob('*/artifacts/checkpoints')))"


def test_a_checkpoint_folder_that_is_removed_ends_the_run(fail: Fail) -> None:
    failed = fail(*OWN, fault=f"{REMOVED} if self.current_epoch == 1 and index == 0 else None")
    assert failed.status == 5
    assert failed.error.endswith("checkpoints: was removed while the run was going on")
    assert (failed.kind, *reason(failed)) == ("checkpoint", "FAILED", "checkpoint")


def test_a_checkpoint_folder_that_cannot_be_written_ends_the_run(fail: Fail) -> None:
    fault = "next(Path('mlruns/runs').glob('*/artifacts')).joinpath('checkpoints').touch()"
    failed = fail(*OWN, fault=f"{fault} if index == 0 else None")
    assert failed.status == 5
    assert failed.error.endswith("checkpoints: cannot be made (File exists)")
    assert reason(failed) == ("FAILED", "checkpoint")

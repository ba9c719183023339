"""A run is trained again, and what is said of the two is true."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlcli.cli.reproducing import check_changes, check_reproducible, new_name
from dlcli.errors import ConfigError
from dlcli.tracking.folder import RunFolder
from dlcli.tracking.query import RunRecord
from tests import terminal
from tests.data.idx_files import write_set
from tests.terminal import Done

# A net whose output is scaled by a number that may change from the third epoch on.
MODULE = """
import time
from pathlib import Path

import pytorch_lightning as pl
from torch import nn


class Own(pl.LightningModule):
    def __init__(self, spec, optimizer, scheduler=None):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(spec.features, spec.outputs))
        self.optimizer = optimizer

    def loss(self, batch):
        inputs, target = batch
        scale = 1.0 if self.current_epoch < 2 else LATER
        return nn.functional.cross_entropy(scale * self.net(inputs), target)

    def training_step(self, batch, index):
        time.sleep(0.05 * Path("slowly").exists())
        return self.loss(batch)

    def validation_step(self, batch, index):
        self.log("val/loss", self.loss(batch))

    def test_step(self, batch, index):
        self.log("test/loss", self.loss(batch))

    def configure_optimizers(self):
        return self.optimizer(self.parameters())
"""
CHOICES = (
    "model=own mode=min data=mnist data.root=idx data.batch_size=4 trainer=cpu trainer.max_epochs=4"
)
FILES = {
    "pyproject.toml": '[tool.dlcli]\nallow = ["my_pkg"]\nconfig_dir = "my_conf"\n',
    ".gitignore": "mlruns\nidx\nslowly\n__pycache__\n",
    "my_conf/model/own.yaml": "_target_: my_pkg.own.Own\n",
    "my_conf/tracking/mlflow.yaml": "_target_: dlcli.tracking.settings.NoTracking\n",
    "my_pkg/__init__.py": "",
}


def write_own(folder: Path, later: float) -> None:
    (folder / "my_pkg" / "own.py").write_text(MODULE.replace("LATER", repr(later)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a run of four epochs in it; not to be changed."""
    folder = tmp_path_factory.mktemp("reproduced") / "work"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    write_own(folder, 1.0)
    write_set(folder / "idx")
    git(folder, "init", "--quiet")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "one")
    done = terminal.run(f"dlcli train {CHOICES} --name own --quiet", folder)
    assert done.status == 0, done.output
    return folder


@pytest.fixture
def work(trained: Path, tmp_path: Path) -> Path:
    """A copy of the repository and its run."""
    return Path(shutil.copytree(trained, tmp_path / "work"))


@pytest.fixture
def loose(work: Path) -> Path:
    """The same without git, so that there is only the code at hand."""
    shutil.rmtree(work / ".git")
    return work


def git(folder: Path, *arguments: str) -> str:
    words = ["git", *arguments]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder: Path) -> tuple[str, ...]:
    asked = (("status", "--short"), ("stash", "list"), ("branch", "-a"), ("worktree", "list"))
    names = sorted(str(path) for path in (folder / ".git").rglob("*"))
    return (*(git(folder, *words) for words in asked), git(folder, "ls-files", "--stage"), *names)


def told(done: Done) -> dict[str, Any]:
    return json.loads(next(line for line in done.output.splitlines() if line.startswith("{")))


def test_the_same_code_gives_the_same_bits_and_the_new_run_names_the_old(work: Path) -> None:
    done = terminal.run("dlcli reproduce own --json", work)
    found = told(done)
    assert (done.status, found["verdict"], found["first_difference"]) == (0, "REPRODUCED", None)
    assert found["compared"].pop("weights") > 1  # how many hashes there are depends on the time
    assert found["compared"] == {"epochs": 4, "metrics": 5, "values": 11}
    assert (found["run_name"], found["code"], found["changes"]) == ("own-reproduced", "at hand", [])
    info = RunFolder(work / "mlruns", found["run_id"]).read()
    assert info is not None
    assert info.tags["dlcli.reproduces"] == found["reproduces"]["run_id"]
    assert (info.status, info.reason) == ("FINISHED", "reproduced own")
    kept = json.loads((work / f"mlruns/runs/{info.id}/artifacts/reproduction.json").read_text())
    assert kept["verdict"] == "REPRODUCED"


def test_code_that_has_changed_since_is_taken_from_the_commit(work: Path) -> None:
    write_own(work, 1.5)
    git(work, "status")  # which brings the index up to date
    before = repository(work)
    done = terminal.run("dlcli reproduce own --json", work)
    assert (done.status, told(done)["verdict"], told(done)["code"]) == (0, "REPRODUCED", "worktree")
    commit = git(work, "rev-parse", "HEAD")[:12]
    assert f"code: commit {commit}, in a temporary worktree\n" in done.output
    assert repository(work) == before


def test_a_changed_line_is_a_drift_from_the_epoch_where_it_counts(loose: Path) -> None:
    write_own(loose, 1.5)
    done = terminal.run("dlcli reproduce own", loose)
    assert done.status == 8, done.output
    assert "warning: code: this folder is in no git checkout, so my_pkg is used as it is now" in (
        done.output
    )
    *_, verdict, first, _, advice, command = done.output.splitlines()
    assert advice == "three runs with other seeds would tell what noise is, such as:"
    assert command.endswith("/artifacts/config.yaml seed=1")
    assert verdict == (
        "DRIFTED       best/val/loss, test/loss are beyond 0.1 % of the original, as fewer than "
        "three other seeds are recorded"
    )
    assert first.startswith("first difference: epoch 3, step ")


def test_a_change_in_the_last_digits_is_noise(loose: Path) -> None:
    write_own(loose, 1.00001)
    done = terminal.run("dlcli reproduce own --json", loose)
    found = told(done)
    assert (done.status, found["verdict"], found["noise"]) == (0, "WITHIN NOISE", "tolerance")
    assert found["first_difference"]["epoch"] == 3


def test_other_data_is_refused_unless_it_is_meant(work: Path) -> None:
    path = work / "idx" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    runs = sorted((work / "mlruns" / "runs").iterdir())
    done = terminal.run("dlcli reproduce own", work)
    assert done.status == 3
    assert "error: data: it has changed since the run (fingerprint " in done.output
    assert done.output.endswith("; put the old data back, or compare all the same: --anyway\n")
    assert sorted((work / "mlruns" / "runs").iterdir()) == runs
    anyway = terminal.run("dlcli reproduce own --anyway --json", work)
    assert (anyway.status, told(anyway)["verdict"]) == (8, "DRIFTED")


def test_one_that_was_stopped_goes_on(work: Path) -> None:
    (work / "slowly").touch()
    stopped = terminal.run("dlcli reproduce own --name again", work, interrupt_at="epoch 1/4")
    assert stopped.status == 130, stopped.output
    assert "; to go on: dlcli reproduce own --resume again\n" in stopped.output
    (work / "slowly").unlink()
    done = terminal.run("dlcli reproduce own --resume again --json", work)
    assert (done.status, told(done)["verdict"]) == (0, "REPRODUCED")
    assert told(done)["run_name"] == "again"


def test_of_a_stopped_run_the_epochs_that_it_has_are_compared(work: Path) -> None:
    (work / "slowly").touch()
    line = f"dlcli train {CHOICES} --name half"
    assert terminal.run(line, work, interrupt_at="epoch 2/4").status == 130
    (work / "slowly").unlink()
    found = told(terminal.run("dlcli reproduce half --json", work))
    assert found["verdict"] == "REPRODUCED"
    assert found["compared"]["epochs"] in (2, 3)


@pytest.mark.slow
def test_ctrl_c_leaves_no_worktree(work: Path) -> None:
    write_own(work, 1.5)
    (work / "slowly").touch()
    git(work, "status")
    before = repository(work)
    line = "dlcli reproduce own --name again"
    stopped = terminal.run(line, work, interrupt_at="epoch 1/4")
    assert stopped.status == 130, stopped.output
    assert repository(work) == before
    (work / "slowly").unlink()
    done = terminal.run("dlcli reproduce own --resume again --json", work)
    assert (told(done)["verdict"], told(done)["code"]) == ("REPRODUCED", "worktree")
    assert repository(work) == before


RUN = RunRecord("a" * 32, "one", "FINISHED", "", 0.0, 1.0, {}, {}, {}, None)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            replace(RUN, tags={"dlcli.kind": "sweep", "dlcli.best.run_id": "b" * 32}),
            "RUN one: a sweep; reproduce one of its trials, the best is bbbbbbbb",
        ),
        (
            replace(RUN, tags={"dlcli.kind": "evaluate"}, parent_id="c"),
            "RUN one: an evaluation; reproduce the run it is of: c",
        ),
        (
            replace(RUN, tags={"dlcli.kind": "train"}),
            "RUN one: recorded elsewhere, and its folder is not here; run this where it is",
        ),
    ],
)
def test_what_is_no_training_here_is_refused(record: RunRecord, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_reproducible(record)
    assert str(refused.value) == message


def test_an_override_that_makes_another_run_is_refused() -> None:
    check_changes(["trainer.accelerator=cpu", "data.root=x", "data.api_key=y"])
    with pytest.raises(ConfigError, match=r"^override optimizer.lr=1: would make it another run;"):
        check_changes(["optimizer.lr=1"])


def test_a_new_name_is_one_that_no_run_has() -> None:
    assert new_name("own", {"own"}) == "own-reproduced"
    assert new_name("own", {"own-reproduced", "own-reproduced-2"}) == "own-reproduced-3"

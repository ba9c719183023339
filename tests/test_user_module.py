"""A reader's own model and data, as the README has them written, work with every command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dlcli.training.checkpoint import CheckpointFolder, load
from tests import document, terminal
from tests.terminal import Done

Run = Callable[[str], Done]
CHOICES = "model=focal data=iris optimizer.lr=0.01 trainer=cpu ~callbacks.early_stopping"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("reader") / "work"
    work.mkdir()
    document.write_files(work)
    return work


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return lambda line: terminal.run(line, folder)


@pytest.fixture(scope="module")
def trained(run: Run) -> Done:
    """Two runs of four epochs: one in one go, one resumed after two."""
    options = f"{CHOICES} scheduler=cosine tracking=none"
    whole = run(f"dlcli train --name whole {options} trainer.max_epochs=4 --json")
    assert whole.status == 0, whole.output
    parted = f"dlcli train --name parted {options} scheduler.curve.T_max=4 trainer.max_epochs=2"
    assert run(parted).status == 0
    assert run("dlcli train --resume parted tracking=none trainer.max_epochs=4").status == 0
    return whole


def weights(folder: Path, name: str) -> dict[str, torch.Tensor]:
    runs = folder / "mlruns" / "runs"
    (run,) = (path.parent for path in runs.glob("*/run.json") if f'"{name}"' in path.read_text())
    last = CheckpointFolder(run / "artifacts" / "checkpoints").verify("last")
    return load(last)["state_dict"]


def test_train_resumed_is_train_unbroken(trained: Done, folder: Path) -> None:
    whole, parted = weights(folder, "whole"), weights(folder, "parted")
    assert whole.keys() == parted.keys()
    assert [name for name in whole if not torch.equal(whole[name], parted[name])] == []


def test_evaluate_gives_what_training_recorded(trained: Done, run: Run) -> None:
    result = json.loads(trained.output.splitlines()[-1])
    done = run("dlcli evaluate whole tracking=none --json")
    evaluated = json.loads(done.output.splitlines()[-1])
    assert evaluated["metrics"].keys() == {"test/acc", "test/ece"}
    assert evaluated["metrics"]["test/acc"] == result["metrics"]["test/acc"]
    assert evaluated["artifacts"][:2] == [
        "figures/confusion_test.png",
        "figures/confusion_test.csv",
    ]


def test_runs_shows_them(trained: Done, run: Run) -> None:
    rows = run("dlcli runs tracking=none").output.splitlines()
    assert {"whole", "parted"} <= {row.split()[0] for row in rows}


def test_list_shows_their_files(run: Run) -> None:
    words = " ".join(run("dlcli list model").output.split())
    assert " focal Maxout net trained on the focal loss. " in words
    assert "Irises of three species" in run("dlcli list data").output


def test_a_name_that_the_module_does_not_log_is_refused(run: Run) -> None:
    done = run(f"dlcli train {CHOICES} monitor=val/accuracy")
    assert done.status == 2
    assert "Focal does not log 'val/accuracy'; did you mean val/acc?" in done.output


def test_an_error_in_their_code_is_named_by_its_line(run: Run, folder: Path) -> None:
    file = folder / "my_pkg" / "net.py"
    code = file.read_text()
    file.write_text(code.replace("amax(2)", "amax(3)"))
    try:
        done = run(f"dlcli train {CHOICES} tracking=none")
    finally:
        file.write_text(code)
    line = next(n for n, text in enumerate(code.splitlines(), 1) if "amax(2)" in text)
    assert done.status == 6
    assert f"my_pkg/net.py:{line}: IndexError: Dimension out of range" in done.output


def test_their_code_may_not_run_without_the_table(run: Run, folder: Path) -> None:
    table = folder / "pyproject.toml"
    content = table.read_text()
    table.write_text('[tool.dlcli]\nconfig_dir = "my_conf"\n')
    try:
        done = run(f"dlcli train {CHOICES}")
    finally:
        table.write_text(content)
    assert done.status == 2
    assert '[tool.dlcli] allow = ["my_pkg"]' in done.output

"""Lightning is imported without what a run does not use, and nobody can tell the difference."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(script: str) -> str:
    """What a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def imported() -> list[str]:
    """What a process says that imports Lightning, and only then a metric."""
    return run(
        "import sys; from dlcli.training.startup import import_lightning; import_lightning();"
        "print([m for m in ('torchvision', 'scipy.signal', 'mlflow', 'sklearn', 'pandas', 'sympy')"
        " if m in sys.modules]);"
        "import torchmetrics, torch; from torchmetrics import Accuracy;"
        "from pytorch_lightning.core import module;"
        "metric = Accuracy(task='multiclass', num_classes=3);"
        "print(float(metric(torch.tensor([0, 1, 2, 2]), torch.tensor([0, 1, 2, 1]))),"
        " module.Metric is torchmetrics.Metric, isinstance(metric, module.Metric),"
        " hasattr(torchmetrics.functional, 'accuracy'))"
    ).splitlines()


def test_lightning_comes_without_what_a_run_does_not_use(imported: list[str]) -> None:
    assert imported[0] == "[]"


def test_torchmetrics_is_whole_for_those_who_use_it(imported: list[str]) -> None:
    assert imported[1] == "0.75 True True True"


SRUN = """
import shutil
which = shutil.which
shutil.which = lambda name, *more: "/usr/bin/srun" if name == "srun" else which(name, *more)
from dlcli.training.startup import import_lightning
import_lightning()
from pytorch_lightning import Trainer
Trainer(accelerator="cpu", devices=1, logger=False, barebones=True)
"""


def test_nobody_is_told_to_start_it_with_srun() -> None:
    done = subprocess.run([sys.executable, "-c", SRUN], capture_output=True, text=True, check=True)
    assert "srun" not in done.stderr

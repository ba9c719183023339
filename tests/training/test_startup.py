"""Lightning is imported without what a run does not use, and nobody can tell the difference."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(script: str) -> str:
    """What a script prints in a process of its own, which inherits no choice of ours."""
    ours = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def imported() -> list[str]:
    """What a process says that imports Lightning, and only then a metric."""
    return run(
        "import sys; from dlcli.training.startup import import_lightning; import_lightning();"
        "print([m for m in ('torchvision', 'scipy.signal', 'mlflow', 'sklearn', 'pandas')"
        " if m in sys.modules]);"
        "import torchmetrics, torch; from torchmetrics import Accuracy;"
        "from pytorch_lightning.core import module;"
        "metric = Accuracy(task='multiclass', num_classes=3);"
        "print(float(metric(torch.tensor([0, 1, 2, 2]), torch.tensor([0, 1, 2, 1]))),"
        " module.Metric is torchmetrics.Metric, isinstance(metric, module.Metric),"
        " hasattr(torchmetrics.functional, 'accuracy'))"
    ).splitlines()


def test_lightning_comes_without_torchvision_scipy_and_mlflow(imported: list[str]) -> None:
    assert imported[0] == "[]"


def test_torchmetrics_is_whole_for_those_who_use_it(imported: list[str]) -> None:
    assert imported[1] == "0.75 True True True"


def test_threads_wait_with_a_short_spin_unless_told_otherwise() -> None:
    script = (
        "import os; from dlcli.training.startup import spin_briefly; spin_briefly();"
        "print(os.environ.get('GOMP_SPINCOUNT'))"
    )
    assert run(script) == "10000"
    assert run(f"import os; os.environ['GOMP_SPINCOUNT'] = '7'; {script}") == "7"
    assert run(f"import os; os.environ['OMP_WAIT_POLICY'] = 'ACTIVE'; {script}") == "None"

"""A training starts its own processes, in a scheduler's job, too, and no one else does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytorch_lightning import Trainer
from pytorch_lightning.utilities import rank_zero_only

from dlcli.errors import ConfigError
from dlcli.training.processes import OwnProcesses, be_first_rank, check_launch
from dlcli.training.rank import RUN_ARTIFACTS

TASK = {"SLURM_STEP_NUM_TASKS": "2"}
TORCHRUN = {"TORCHELASTIC_RUN_ID": "none"}
# As in a job's script that was submitted with two nodes; the command is a line of it.
JOB = {
    "SLURM_JOB_ID": "7",
    "SLURM_JOB_NAME": "train.sh",
    "SLURM_NTASKS": "2",
    "SLURM_NTASKS_PER_NODE": "1",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
    "MASTER_ADDR": "elsewhere",
    "NODE_RANK": "1",
}


@pytest.fixture(autouse=True)
def rank() -> Iterator[None]:
    before = rank_zero_only.rank
    yield
    rank_zero_only.rank = before


def trainer(devices: int) -> Trainer:
    return Trainer(
        accelerator="cpu", devices=devices, logger=False, plugins=[OwnProcesses()], barebones=True
    )


def test_a_schedulers_variables_do_not_say_who_started_the_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in JOB.items():
        monkeypatch.setenv(name, value)
    both = trainer(2)
    check_launch(both)
    environment = both.strategy.cluster_environment  # type: ignore[attr-defined]
    assert not environment.creates_processes_externally
    assert (environment.main_address, both.node_rank, both.global_rank) == ("127.0.0.1", 0, 0)


@pytest.mark.parametrize(("variables", "who"), [(TASK, "srun"), (TORCHRUN, "torchrun")])
def test_processes_that_another_started_are_refused(variables: dict[str, str], who: str) -> None:
    both = trainer(2)
    with pytest.raises(ConfigError, match=f"{who} has started the processes"):
        check_launch(both, variables)
    check_launch(both, variables | {RUN_ARTIFACTS: "of the first rank"})
    check_launch(trainer(1), variables)


def test_one_device_is_the_first_rank_whichever_task_of_a_job_it_runs_in() -> None:
    alone = trainer(1)
    rank_zero_only.rank = 3
    be_first_rank(alone)
    assert rank_zero_only.rank == 0

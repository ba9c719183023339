"""The processes of a training on several devices: the one that was started starts the others.

Lightning takes the variables of a scheduler's job for a sign that it started them, which it has not
where the command is a line of the job's script.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning import Trainer
from pytorch_lightning.utilities import rank_zero_only

from dlcli.errors import ConfigError
from dlcli.training.rank import RUN_ARTIFACTS


class OwnProcesses(LightningEnvironment):
    """All processes are on this machine, whatever variables a scheduler has set."""

    @property
    def main_address(self) -> str:
        return "127.0.0.1"

    def node_rank(self) -> int:
        return 0


def be_first_rank(trainer: Trainer) -> None:
    """Record a training on one device, whichever task of a scheduler's job it is.

    Lightning takes the number of the task for a rank, and has nothing logged on any but the first.
    """
    if trainer.world_size == 1:
        rank_zero_only.rank = 0  # type: ignore[attr-defined]


def check_launch(trainer: Trainer, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse a training on several devices of which something else has started all processes.

    Each would record a run of its own.

    Args:
        environment: the variables of this process.

    Raises:
        ConfigError: with who started them.
    """
    if trainer.world_size == 1 or RUN_ARTIFACTS in environment:  # started by the first rank
        return
    launcher = "torchrun" if "TORCHELASTIC_RUN_ID" in environment else ""
    if int(environment.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        launcher = "srun"
    if launcher:
        raise ConfigError(
            f"trainer.devices: {launcher} has started the processes, but the command starts them "
            f"itself; write it without {launcher}, or with one task"
        )

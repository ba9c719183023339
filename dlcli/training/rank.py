"""Which process of a distributed run this is, and how the others learn of the run.

Lightning starts each further rank by running the same command again; such a process must record
nothing, and finds the run of the first rank in its environment.
"""

from __future__ import annotations

import os
from pathlib import Path

RUN_ARTIFACTS = "DLCLI_RUN_ARTIFACTS"


def is_first_rank() -> bool:
    """Whether this process is the one that records."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0 or RUN_ARTIFACTS not in os.environ


def share_artifacts(artifacts: Path) -> None:
    """Let the ranks that Lightning starts from here find the run's artifacts."""
    os.environ[RUN_ARTIFACTS] = str(artifacts)


def shared_artifacts() -> Path:
    """The artifacts of the run that the first rank records."""
    return Path(os.environ[RUN_ARTIFACTS])


def leave() -> None:
    """End the connection to the other ranks, where there is one.

    Lightning leaves it open between CPUs; its threads then outlive the interpreter, and at times
    abort the process that exits.
    """
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()

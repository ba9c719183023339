"""Start what a training needs side by side: the recorder process, and the import of torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.training.rank import is_first_rank

if TYPE_CHECKING:
    from dlcli.config.compose import Config
    from dlcli.training.session import TrainResult


def run_training(
    config: Config, root: Path, name: str | None, resume: str | None, quiet: bool
) -> TrainResult | None:
    """Train as one process of a run; returns None on the ranks that have nothing to show.

    Raises:
        DlcliError: whatever stops it, after the run is recorded truly.
    """
    from dlcli.config.instantiate import check_signatures, instantiate
    from dlcli.tracking.client import Recorder
    from dlcli.training.startup import import_lightning

    first = is_first_rank()
    settings = instantiate(config.values["tracking"])
    recorder = Recorder.start(settings, root) if first else None
    try:
        import_lightning()
        check_signatures(config)
        from dlcli.training.train import train

        result = train(config, recorder, root, name=name, quiet=quiet)
        return result if first else None
    finally:
        if recorder is not None:
            recorder.close()

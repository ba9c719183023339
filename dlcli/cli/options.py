"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlcli.cli.completion import (
    complete_group,
    complete_override,
    complete_run,
    complete_tracking,
)

Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="OVERRIDES",
        help="Hydra's grammar: model=cnn optimizer.lr=0.01 ~callbacks.early_stopping",
        autocompletion=complete_override,
        show_default=False,
    ),
]
TrackingOverrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="OVERRIDES",
        help="Of the store alone: tracking.uri=… tracking.experiment=…",
        autocompletion=complete_tracking,
        show_default=False,
    ),
]
Group = Annotated[
    str | None,
    typer.Argument(
        metavar="GROUP", help="One group.", autocompletion=complete_group, show_default=False
    ),
]
RUN_HELP = "A run's id or the beginning of it, its name, latest, or best:METRIC"
Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help=f"{RUN_HELP}; or the path of a checkpoint.",
        autocompletion=complete_run,
        show_default=False,
    ),
]
RecordedRun = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help=f"{RUN_HELP}.", autocompletion=complete_run, show_default=False
    ),
]
Name = Annotated[
    str | None,
    typer.Option("--name", help="Name of the run; else one is made up.", show_default=False),
]
ConfigDir = Annotated[
    Path | None,
    typer.Option("--config-dir", help="Your own config tree, searched first.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line of stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no table.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", help="A package whose _target_s may run.", show_default=False),
]

"""What a caller asks of an evaluation; imports nothing heavy, to refuse what is wrong at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.errors import ConfigError
from dlcli.tracking.names import check_name

if TYPE_CHECKING:
    from dlcli.training.changes import Split

SHIFT, FLIP = "shift", "flip"
VIEWS = (SHIFT, FLIP)
ENDINGS = (".csv", ".parquet")


@dataclass(frozen=True)
class Request:
    """How to evaluate.

    Args:
        split: on which part of the data.
        name: of the record; else it is named after what is evaluated.
        tta: views of an image that are answered, too, and averaged; see ``views``.
        predictions: a file to write what is predicted for each example.
        other: an option of the group data and values of it, where the data is not the run's;
            secrets masked.

    Raises:
        ConfigError: a name that no record can have, a view that is none, or a file that could not
            be written or would be lost.
    """

    split: Split
    name: str | None = None
    tta: tuple[str, ...] = ()
    predictions: Path | None = None
    other: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.name is not None:
            check_name(self.name)
        for kind in self.tta:
            if kind not in VIEWS:
                raise ConfigError(
                    f"--tta: {kind!r} is none of {', '.join(VIEWS)}, nor both: {','.join(VIEWS)}"
                )
        if self.predictions is not None:
            check_file(self.predictions)


def check_file(path: Path) -> None:
    """Refuse a file that could not be written, or would be lost.

    Raises:
        ConfigError: another ending than those known, no folder, or a file that is there already.
    """
    if path.suffix not in ENDINGS:
        raise ConfigError(
            f"--predictions {path}: its ending says how to write it; one of {', '.join(ENDINGS)}"
        )
    if not path.parent.is_dir():
        raise ConfigError(f"--predictions {path}: no folder {path.parent}; make it first")
    if path.exists():
        raise ConfigError(f"--predictions {path}: is there already; remove it, or name another")

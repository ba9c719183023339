"""A file with a row for each example: what is true, and what is predicted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlcli.data.spec import DataSpec
from dlcli.errors import StoreError
from dlcli.evaluation.answers import Answers
from dlcli.figure import Table, replacing


def write_predictions(answers: Answers, spec: DataSpec, path: Path) -> None:
    """Write a row for each example, as a whole.

    Raises:
        StoreError: the disk is full or read-only.
    """
    try:
        with replacing(path) as scratch:
            WRITERS[path.suffix](columns(answers, spec), scratch)
    except OSError as error:
        raise StoreError(f"--predictions {path}: cannot be written ({error.strerror})") from error


def columns(answers: Answers, spec: DataSpec) -> dict[str, Any]:
    """The columns of the file.

    ``index`` in the split, ``true`` and ``predicted``; of classes also ``p_CLASS``, the
    probability of each. Several values are ``true_1``, ``predicted_1`` and so on.
    """
    table: dict[str, Any] = {"index": list(range(len(answers)))}
    if spec.target == "class":
        probabilities = answers.probabilities()
        table["true"] = [spec.classes[place] for place in answers.targets.tolist()]
        table["predicted"] = [spec.classes[place] for place in probabilities.argmax(axis=1)]
        return table | {f"p_{name}": probabilities[:, i] for i, name in enumerate(spec.classes)}
    several = spec.values > 1
    for place in range(spec.values):
        ending = f"_{place + 1}" if several else ""
        table[f"true{ending}"] = answers.targets[:, place].tolist()
        table[f"predicted{ending}"] = answers.outputs[:, place].tolist()
    return table


def write_csv(table: Table, path: Path) -> None:
    """Write columns as CSV."""
    import pandas as pd

    pd.DataFrame(table).to_csv(path, index=False)


def write_parquet(table: Table, path: Path) -> None:
    """Write columns as Parquet."""
    import pandas as pd

    pd.DataFrame(table).to_parquet(path, index=False)


WRITERS: dict[str, Callable[[Table, Path], None]] = {".csv": write_csv, ".parquet": write_parquet}

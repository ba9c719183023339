"""The metrics of a run by step, as its spool holds them, those of before a resume included."""

from __future__ import annotations

from pathlib import Path

from dlcli.tracking import spool

Series = dict[str, list[tuple[int, float]]]  # metric -> (step, value), by step


def read_history(folder: Path) -> Series:
    """Every metric of a run; where a step was logged twice, as it was logged last.

    Args:
        folder: the run's.
    """
    values: dict[str, dict[int, float]] = {}
    for line, _ in spool.read(folder / "spool.jsonl"):
        if line.get("kind") == "metric":
            for name, value in line["values"].items():
                values.setdefault(name, {})[line["step"]] = float(value)
    return {name: sorted(by_step.items()) for name, by_step in values.items()}

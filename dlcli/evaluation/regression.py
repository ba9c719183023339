"""Show how far predicted values are from the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dlcli.evaluation.answers import Answers
from dlcli.evaluation.case import Case, Listing, Shown
from dlcli.figure import BLUE, DARK, bare, save, save_table
from dlcli.labels import label

POINTS = 3000  # of a scatter; more only hide each other
BINS = (10, 50)  # of a histogram, at least and at most
TICKS = 5
NAME = 30  # characters of the value's, along an axis
WRITTEN = 100  # worst cases in the CSV
PRINTED = 5
PANELS = 6  # values that have figures of their own
SIZE = (5.4, 4.6)


@dataclass(frozen=True)
class Value:
    """One value of every example.

    Args:
        name: what it is called, in its own unit.
        suffix: of the names of its files.
        true: ``(N,)``.
        predicted: ``(N,)``.
    """

    name: str
    suffix: str
    true: np.ndarray
    predicted: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        """The true value less the predicted one, ``(N,)``."""
        left: np.ndarray = self.true.astype(np.float64) - self.predicted
        return left


def show(case: Case, answers: Answers) -> Shown:
    """Draw predicted against true values and what is left; list the worst cases."""
    every = values(case, answers)
    shown = Shown()
    for value in every[:PANELS]:
        chosen = sample(len(value.true), case.seed)
        stem = f"{case.split}{value.suffix}"
        shown += scattered(case, value, chosen, f"predicted_{stem}.png")
        shown += residuals(case, value, chosen, f"residuals_{stem}.png")
    return shown + worst(case, every)


def values(case: Case, answers: Answers) -> list[Value]:
    """What is predicted, by its name where the data has one for it."""
    true, predicted = answers.targets.numpy(), answers.outputs.numpy()
    if true.shape[1] == 1:
        name = getattr(case.data, "target", None)
        known = name if isinstance(name, str) else "value"
        return [Value(known, "", true[:, 0], predicted[:, 0])]
    return [
        Value(f"value {place + 1}", f"_{place + 1}", true[:, place], predicted[:, place])
        for place in range(true.shape[1])
    ]


def sample(count: int, seed: int) -> np.ndarray:
    """The indices to draw: all of a few, of many some at random, in their order."""
    if count <= POINTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, POINTS, replace=False))


def scattered(case: Case, value: Value, chosen: np.ndarray, file: str) -> Shown:
    """Predicted against true values, and the line where both are the same."""
    figure = Figure(figsize=SIZE, layout="constrained")
    panel = figure.subplots()
    name = label(value.name, NAME)
    both = np.concatenate([value.true, value.predicted])
    ends = (float(both.min()), float(both.max()))
    panel.plot(ends, ends, "--", color=DARK, linewidth=1, label="predicted = true")
    points(panel, value.true[chosen], value.predicted[chosen], note(chosen, value, case.seed))
    panel.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    panel.legend(frameon=False, loc="upper left", fontsize=9)
    numbers = {
        "index": chosen.tolist(),
        "true": value.true[chosen].tolist(),
        "predicted": value.predicted[chosen].tolist(),
    }
    return saved(case, figure, file, numbers)


def residuals(case: Case, value: Value, chosen: np.ndarray, file: str) -> Shown:
    """What is left against what is predicted, beside the histogram of all that is left."""
    figure = Figure(figsize=SIZE, layout="constrained")
    panel, beside = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
    name = label(value.name, NAME)
    panel.axhline(0, color=DARK, linewidth=1, linestyle="--")
    points(panel, value.predicted[chosen], value.residual[chosen], note(chosen, value, case.seed))
    panel.set(xlabel=f"predicted {name}", ylabel=f"true - predicted ({name})")
    bins = int(np.clip(np.sqrt(len(value.true)), *BINS))
    counts, edges = np.histogram(value.residual, bins)
    beside.barh(edges[:-1], counts, np.diff(edges), align="edge", color=BLUE)
    beside.axhline(0, color=DARK, linewidth=1, linestyle="--")
    beside.set(xlabel="examples")
    bare(beside)
    numbers = {
        "low": edges[:-1].tolist(),
        "high": edges[1:].tolist(),
        "examples": counts.tolist(),
    }
    return saved(case, figure, file, numbers)


def points(panel: Axes, across: np.ndarray, up: np.ndarray, title: str) -> None:
    """Points that show where they lie upon each other."""
    opaque = 0.8 if len(across) <= 300 else 0.35
    panel.scatter(across, up, s=9, color=BLUE, alpha=opaque, linewidths=0)
    panel.set_title(title, fontsize=9)
    panel.xaxis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 5, 10]))
    bare(panel)


def note(chosen: np.ndarray, value: Value, seed: int) -> str:
    """How many examples are drawn, and how they were picked."""
    if len(chosen) == len(value.true):
        return f"{len(chosen):,} examples"
    return f"{len(chosen):,} of {len(value.true):,} examples, picked by seed {seed}"


def saved(case: Case, figure: Figure, file: str, numbers: dict[str, list[Any]]) -> Shown:
    """Write a figure and its numbers."""
    path = case.artifacts / "figures" / file
    save(figure, path, numbers)
    return Shown(files=[f"figures/{file}", f"figures/{path.stem}.csv"])


def worst(case: Case, every: Sequence[Value]) -> Shown:
    """The examples that are missed by most; of several values by the mean of their spreads."""
    scale = [spread or 1.0 for spread in case.spec.scale]
    missed = np.mean(
        [np.abs(value.residual) / size for value, size in zip(every, scale, strict=False)], axis=0
    )
    order = np.argsort(-missed, kind="stable")[:WRITTEN]
    columns: dict[str, list[Any]] = {"index": order.tolist()}
    for value in every:
        columns |= {
            f"true{value.suffix}": value.true[order].tolist(),
            f"predicted{value.suffix}": value.predicted[order].tolist(),
            f"residual{value.suffix}": value.residual[order].tolist(),
        }
    path = Path("figures") / f"worst_{case.split}.csv"
    save_table(columns, case.artifacts / path)
    rows = [
        [f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in list(zip(*columns.values(), strict=True))[:PRINTED]
    ]
    return Shown(files=[str(path)], listings=[Listing("worst cases", list(columns), rows)])

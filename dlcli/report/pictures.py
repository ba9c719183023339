"""Figures as a part of the page: those that a run drew, and curves drawn from its metrics."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.comparison.scores import TELLING
from dlcli.figure import BLUE, CYAN, DARK, GREEN, GREY, PURPLE, RED, YELLOW, bare
from dlcli.labels import labels
from dlcli.report.content import Picture
from dlcli.tracking.history import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PNG = b"\x89PNG\r\n\x1a\n"
LARGEST = 4_000_000  # bytes of one figure
MOST_PANELS = 6
MOST_LINES = 8  # runs in one panel
SIZE = (5.6, 3.3)  # inches
COLUMNS, LONGEST, LINE = 2, 28, 0.18  # of the legend of several runs; letters, and inches
STYLES = {"train": (BLUE, "-"), "val": (RED, "--")}
COLOURS = (BLUE, RED, GREEN, PURPLE, CYAN, YELLOW, DARK, GREY)
DRAWN_HERE = "learning_curves.png"  # the same from the metrics, sharp at every size

Points = Sequence[tuple[int, float]]


def figures(folder: Path, of: str = "") -> Iterator[Picture]:
    """The figures that a run drew, without its learning curves.

    Args:
        folder: of its artifacts.
        of: what to call the run in the captions.
    """
    for path in sorted((folder / "figures").glob("*.png")):
        if path.name == DRAWN_HERE or path.is_symlink() or path.stat().st_size > LARGEST:
            continue
        content = path.read_bytes()
        if content.startswith(PNG):
            name = path.stem.replace("_", " ")
            yield Picture(f"{of}: {name}" if of else name, _uri("image/png", content))


def curves(history: Series) -> list[Picture]:
    """One picture for each quantity of a run, a line each for training and validation.

    Args:
        history: its metrics by step.
    """
    quantities = _quantities(history)
    best = next((step for step, _ in reversed(history.get("best/epoch", []))), None)
    return [
        Picture(
            f"{quantity} by optimizer step: {' and '.join(stages)}"
            + (", with the best checkpoint" if best is not None else ""),
            _drawn(_of_run(quantity, stages, best)),
        )
        for quantity, stages in quantities.items()
    ]


def curves_of_several(histories: Mapping[str, Series], metric: str) -> list[Picture]:
    """One picture of a metric, a line each run.

    Args:
        histories: of each run, by what it is called.
        metric: that of the validation.
    """
    lines = {name: _finite(history.get(metric, [])) for name, history in histories.items()}
    lines = {name: points for name, points in lines.items() if points}
    if len(lines) < 2:
        return []
    shown = dict(list(lines.items())[:MOST_LINES])
    rest = f", the first {len(shown)} of {len(lines)} runs" if len(shown) < len(lines) else ""
    return [Picture(f"{metric} by optimizer step{rest}", _drawn(_of_runs(shown, metric)))]


def _of_run(quantity: str, stages: Mapping[str, Points], best: int | None) -> Figure:
    figure, panel = _panel(quantity)
    for stage, points in stages.items():
        colour, style = STYLES[stage]
        _line(panel, points, stage, colour, style)
    if best is not None:
        panel.axvline(best, color=DARK, lw=0.9, ls=":", label="best checkpoint", zorder=1)
    panel.legend(frameon=False)
    return figure


def _of_runs(lines: Mapping[str, Points], metric: str) -> Figure:
    figure, panel = _panel(metric)
    names = labels(list(lines), LONGEST)
    for name, points, colour, style in zip(
        names, lines.values(), cycle(COLOURS), cycle(("-", "--", "-.", ":")), strict=False
    ):
        _line(panel, points, name, colour, style)
    # outside, where long names hide no curves
    figure.set_figheight(SIZE[1] + LINE * -(-len(lines) // COLUMNS))
    figure.legend(loc="outside upper left", ncols=COLUMNS, frameon=False, fontsize="small")
    return figure


def _panel(label: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    panel = figure.subplots()
    panel.set(xlabel="optimizer step", ylabel=label)
    bare(panel)
    return figure, panel


def _line(panel: Axes, points: Points, label: str, colour: str, style: str) -> None:
    steps, values = zip(*points, strict=True)
    marker = "o" if len(points) == 1 else None
    panel.plot(steps, values, label=label, color=colour, ls=style, marker=marker)


def _quantities(history: Series) -> dict[str, dict[str, Points]]:
    """What was measured in training or validation, the most telling first, and not too many."""
    found: dict[str, dict[str, Points]] = {}
    for stage in STYLES:
        for name, points in history.items():
            if name.startswith(f"{stage}/") and (finite := _finite(points)):
                found.setdefault(name.removeprefix(f"{stage}/"), {})[stage] = finite
    names = sorted(found, key=lambda name: (name != "loss", name not in TELLING, name))
    telling = [name for name in names if name == "loss" or name in TELLING]
    names = telling if len(telling) > 1 else names
    return {name: found[name] for name in names[:MOST_PANELS]}


def _finite(points: Points) -> Points:
    return [(step, value) for step, value in points if math.isfinite(value)]


def _drawn(figure: Figure) -> str:
    """As SVG, the same for the same numbers."""
    import matplotlib

    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "dlcli"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return _uri("image/svg+xml", file.getvalue())


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"

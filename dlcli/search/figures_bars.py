"""How much each parameter mattered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlcli.figure import BLUE, bare
from dlcli.search.figures_axis import wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def importance_bars(importances: Mapping[str, float]) -> Figure:
    """A bar a parameter, the longest on top; together they are 100 %."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 0.5 * len(importances) + 1.1), layout="constrained")
    panel = figure.subplots()
    names = list(importances)
    shares = [100 * importances[name] for name in names]
    bars = panel.barh(range(len(names)), shares, color=BLUE, height=0.6)
    panel.bar_label(bars, [f"{share:.0f} %" for share in shares], padding=3)
    panel.set_yticks(range(len(names)), [wrapped(name, 24) for name in names])
    panel.invert_yaxis()
    panel.set_xlim(0, max(shares) * 1.12 or 1)
    panel.set_xlabel("share of what sets the best trials apart (%)")
    bare(panel)
    return figure

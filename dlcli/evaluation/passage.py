"""Draw a passage, each token on the colour of its surprise."""

from __future__ import annotations

import math
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dlcli.evaluation.surprise import Surprise
from dlcli.figure import DARK, save

COLUMNS = 64  # letters of a line
MOST_LINES = 40
CELL, LINE = 0.084, 0.2  # of a letter, in inches
COLOURS = "YlOrBr"  # from nearly white to a dark brown: an order that everybody sees
MARKED = 10  # of the least expected
LEAST_SPAN = 4.0  # bits that the scale of colours has at least
FONT: dict[str, Any] = {"family": "monospace", "fontsize": 9, "ha": "center"}
SIGNS = {"\n": "↵", "\t": "→", " ": "·", "<unk>": "□"}


@dataclass(frozen=True)
class Place:
    """Where a token is written.

    Args:
        token: its place in the passage; None for the dots between two passages.
        line, column: where it begins.
        text: what is written.
    """

    token: int | None
    line: int
    column: int
    text: str


def draw_passage(surprise: Surprise, path: Path) -> None:
    """Draw the tokens in their lines; the least expected ones have a frame.

    The CSV beside it has each token, its bits, the one that was expected, and its probability.

    Args:
        surprise: of the passage.
        path: of the PNG.
    """
    places = laid_out(surprise)
    lines = places[-1].line + 1
    size = (COLUMNS * CELL + 0.2, lines * LINE + 0.75)
    figure = Figure(figsize=size, layout="constrained")
    panel = figure.subplots()
    panel.set(xlim=(0, COLUMNS), ylim=(lines, 0))
    panel.set_axis_off()
    boxes = write(panel, surprise, places)
    beyond = "max" if max(surprise.bits) > boxes.get_clim()[1] else "neither"
    bar = figure.colorbar(
        boxes, ax=panel, location="bottom", shrink=0.6, aspect=40, pad=0.01, extend=beyond
    )
    bar.set_label("surprise (bits); framed: the ten least expected", fontsize=9)
    bar.outline.set_visible(False)
    numbers = {
        "position": range(1, len(surprise.tokens) + 1),
        "token": surprise.tokens,
        "bits": surprise.bits,
        "expected": surprise.expected,
        "probability": surprise.chances,
    }
    with warnings.catch_warnings():  # of letters that the font lacks, which are drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        save(figure, path, numbers)


def write(panel: Axes, surprise: Surprise, places: Sequence[Place]) -> PatchCollection:
    """Write tokens on their colours; return what a colour bar is made of."""
    finite = np.nan_to_num(surprise.bits, posinf=0)  # a net may rule a token out
    scale = Normalize(0, max(LEAST_SPAN, math.ceil(np.quantile(finite, 0.98))))
    boxes, bits, frames = [], [], []
    least = set(surprise.least(MARKED))
    for place in places:
        surprising = 0.0 if place.token is None else surprise.bits[place.token]
        dark = scale(surprising) > 0.6
        colour = "white" if dark else DARK
        panel.text(
            place.column + len(place.text) / 2,
            place.line + 0.5,
            place.text,
            color=colour,
            parse_math=False,
            in_layout=False,  # or most of the time goes into measuring letters
            va="center",
            **FONT,
        )
        if place.token is None:
            continue
        corner, width = (place.column, place.line + 0.04), len(place.text)
        boxes.append(Rectangle(corner, width, 0.92))
        bits.append(surprising)
        frames.append(1.4 if place.token in least else 0.0)
    drawn = PatchCollection(boxes, cmap=colormaps[COLOURS], norm=scale, linewidths=frames)
    drawn.set_array(bits)
    drawn.set_edgecolor(DARK)
    panel.add_collection(drawn)
    return drawn


def laid_out(surprise: Surprise) -> list[Place]:
    """Tokens in lines: characters side by side, words with a gap; at most so many lines."""
    texts = [readable(token) for token in surprise.tokens]
    gap = 0 if by_letters(surprise) else 1
    line = column = 0
    places: list[Place] = []
    for index, text in enumerate(texts):
        if index in surprise.opening and index:
            line, column = line + (column > 0), 0
            places.append(Place(None, line, column, "…"))
            column += 2
        if column + len(text) > COLUMNS:
            line, column = line + 1, 0
        if line == MOST_LINES:
            break
        places.append(Place(index, line, column, text))
        column += len(text) + gap
        if surprise.tokens[index] == "\n":
            line, column = line + 1, 0
    return places


def by_letters(surprise: Surprise) -> bool:
    """Whether tokens are characters, which stand side by side."""
    return all(len(readable(token)) == 1 for token in surprise.tokens)


def readable(token: str) -> str:
    """A token as it is drawn: with a sign for what cannot be seen, and not too long."""
    if token in SIGNS:
        return SIGNS[token]
    shown = "".join("□" if unicodedata.category(c) in ("Cc", "Cs") else c for c in token)
    return shown if len(shown) <= 30 else f"{shown[:29]}…"

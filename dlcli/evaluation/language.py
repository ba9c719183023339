"""Show how well a language model knows a text: what surprises it, and what it writes itself."""

from __future__ import annotations

from collections.abc import Iterable

from dlcli.evaluation import pictures
from dlcli.evaluation.case import Case, Listing, Shown
from dlcli.evaluation.context import draw_context
from dlcli.evaluation.looking import looking
from dlcli.evaluation.passage import MARKED, by_letters, draw_passage, readable
from dlcli.evaluation.surprise import Surprise, surprise
from dlcli.training.writing import write_samples

BEFORE = 20  # letters of context in the listing


def show(case: Case) -> Shown:
    """A passage by its surprise, the loss by context, and samples of the model's own text."""
    passage, context = (f"figures/{name}_{case.split}" for name in ("surprise", "context"))
    sample = f"sample_{case.split}.txt"
    with looking(case):
        found = surprise(case)
        if found.tokens:  # a user's own data may have nothing to go by
            draw_passage(found, case.artifacts / f"{passage}.png")
        draw_context(case, case.artifacts / f"{context}.png")
        written = write_samples(case.model, case.data, case.artifacts / sample, case.seed)
    drawn = [passage] * bool(found.tokens) + [context]
    files = [f"{name}.{kind}" for name in drawn for kind in ("png", "csv")]
    shown = Shown(files=files + [sample] * written, listings=[listing(found)])
    return shown + pictures.show(case)


def listing(found: Surprise) -> Listing:
    """The least expected tokens, each behind what was before it."""
    rows = [
        [
            f"{found.bits[place]:.1f}",
            joined(found.context(place, BEFORE), found)[-BEFORE:].rjust(BEFORE),
            readable(found.tokens[place]),
            f"{readable(found.expected[place])} ({found.chances[place]:.0%})",
        ]
        for place in found.least(MARKED)
    ]
    return Listing("least expected", ["bits", "after", "token", "expected"], rows)


def joined(tokens: Iterable[str], found: Surprise) -> str:
    """Some tokens in a line: characters side by side, words with blanks."""
    return ("" if by_letters(found) else " ").join(readable(token) for token in tokens)

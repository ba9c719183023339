"""Whether a reproduction is the original to the bit, within noise of it, or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dlcli.training.noise import FEWEST, Score, scores, spread
from dlcli.training.trace import Difference, Trace, compared, differences

Word = Literal["REPRODUCED", "WITHIN NOISE", "DRIFTED"]


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison.

    Args:
        word: ``REPRODUCED`` bit for bit, ``WITHIN NOISE`` or ``DRIFTED``.
        compared: how many metrics, values, epochs and fingerprints both runs have.
        differences: all of them, the first first.
        scores: what was judged, with its limits.
        seeds: how many other seeds the limits come from; 0 where they are a tolerance.
    """

    word: Word
    compared: Mapping[str, int]
    differences: Sequence[Difference]
    scores: Sequence[Score]
    seeds: int

    @property
    def first(self) -> Difference | None:
        """Where the two runs part."""
        return self.differences[0] if self.differences else None

    def as_json(self) -> dict[str, Any]:
        """In the form that programs read."""
        judged = {one.name: {**asdict(one), "within": one.within} for one in self.scores}
        for values in judged.values():
            del values["name"]
        return {
            "verdict": self.word,
            "first_difference": asdict(self.first) if self.first else None,
            "differences": len(self.differences),
            "compared": dict(self.compared),
            "scores": judged,
            "noise": {"seeds": self.seeds} if self.seeds else "tolerance",
        }


def judge(original: Trace, copy: Trace, seeds: Sequence[Mapping[str, float]] = ()) -> Verdict:
    """Compare two trainings.

    Args:
        original: its trace.
        copy: that of the reproduction.
        seeds: the metrics of runs with the same configuration and other seeds.
    """
    found = differences(original, copy)
    judged = scores(original, copy, seeds)
    enough = any(spread(one.name, seeds) for one in judged)
    return Verdict(
        word(found, judged),
        compared(original, copy),
        found,
        judged,
        len(seeds) if enough and len(seeds) >= FEWEST else 0,
    )


def word(found: Sequence[Difference], judged: Sequence[Score]) -> Word:
    """The verdict in a word; without one score in both runs nothing speaks for noise."""
    if not found:
        return "REPRODUCED"
    return "WITHIN NOISE" if judged and all(one.within for one in judged) else "DRIFTED"

"""A sweep's folder and study without any process, for what is made of finished trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcli.config.space import Choice, Interval, Parameter, Space, Steps
from dlcli.search.folder import Frozen, SweepFolder
from dlcli.search.study import Trial

SPACE = Space(
    (
        Parameter("model", Choice(("cnn", "rnn")), group=True),
        Parameter("optimizer.lr", Interval(1e-4, 1e-1, log=True)),
        Parameter("model.layers", Steps(1, 4), under=(("model", ("rnn",)),)),
    )
)


def frozen(metrics: Sequence[str] = ("val/loss",), modes: Sequence[str] = ("min",)) -> Frozen:
    return Frozen(
        name="digits-lr",
        created="2020-01-01T00:00:00+00:00",
        overrides=["data=digits"],
        searched=["optimizer.lr=tag(log, interval(1e-4, 1e-1))"],
        allow=[],
        space=SPACE.as_dict(),
        settings={"search": {"kind": "random"}},
        metrics=list(metrics),
        modes=list(modes),
        base={"seed": 0, "model": {"layers": 2}, "optimizer": {"lr": 0.001, "momentum": 0.9}},
        code={"commit": "c0ffee", "diff": "+1\n"},
        choices={"model": "cnn", "data": "digits"},
    )


def make_folder(root: Path, about: Frozen) -> SweepFolder:
    folder = SweepFolder(root, about.name)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.freeze(about)
    return folder


def point(number: int) -> dict[str, Any]:
    """Parameters that differ from trial to trial; every other one has no layers."""
    params: dict[str, Any] = {"model": ("cnn", "rnn")[number % 2]}
    params["optimizer.lr"] = 10 ** -(1 + 3 * ((number * 0.618) % 1))
    return params | ({"model.layers": 1 + number % 4} if number % 2 else {})


def trial(number: int, state: str = "complete", *values: float) -> Trial:
    return Trial(number, state, point(number), values, "finished", 1.5)


@dataclass
class FakeStudy:
    """Trials that nobody ran."""

    made: list[Trial] = field(default_factory=list)
    front: list[int] = field(default_factory=list)
    shares: Mapping[str, float] = field(default_factory=dict)

    def trials(self) -> list[Trial]:
        return self.made

    def best(self) -> tuple[int, float] | None:
        complete = [one for one in self.made if one.state == "complete"]
        best = min(complete, key=lambda one: (one.values, one.number), default=None)
        return None if best is None else (best.number, best.values[0])

    def pareto(self) -> list[int]:
        return self.front

    def importances(self) -> Mapping[str, float]:
        return self.shares


def some(count: int, states: Sequence[str] = ("complete",)) -> list[Trial]:
    """Trials whose values lie around 0.5; failed ones have none."""
    found = []
    for number in range(count):
        state = states[number % len(states)]
        values = () if state == "failed" else (0.5 + 0.3 * math.cos(number),)
        found.append(trial(number, state, *values))
    return found

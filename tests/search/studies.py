"""Studies on quick objectives, with the samplers as they are configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from dlcli.config.space import Choice, Interval, Parameter, Point, Space, Steps
from dlcli.search.settings import Search
from dlcli.search.study import Study

CONF = Path(__file__).parents[2] / "conf"
KINDS = ("grid", "random", "tpe", "gp", "cmaes", "qmc")
NO_PRUNER = {"_target_": "optuna.pruners.NopPruner"}

FLAT = Space(
    (
        Parameter("x", Interval(-1.0, 1.0)),
        Parameter("lr", Interval(1e-4, 1e-1, log=True)),
        Parameter("n", Steps(1, 9, 2)),
        Parameter("width", Steps(1, 32, log=True)),
        Parameter("drop", Steps(0.0, 0.5, 0.1)),
        Parameter("act", Choice(("relu", "tanh", None))),
    )
)
CONDITIONAL = Space(
    (
        Parameter("model", Choice(("cnn", "rnn", "mlp")), group=True),
        Parameter("x", Interval(0.0, 1.0)),
        Parameter("k", Steps(1, 4), under=(("model", ("cnn", "rnn")),)),
        Parameter("depth", Steps(1, 3), under=(("model", ("cnn",)),), variant="cnn"),
        Parameter("depth", Choice((2, 4)), under=(("model", ("rnn",)),), variant="rnn"),
    )
)
PLAIN = Space(
    (
        Parameter("sizes", Choice(([64], [64, 32], {"a": 1}))),
        Parameter("flag", Choice((True, 1, "1", None))),
        Parameter("x", Interval(0.0, 1.0)),
    )
)
SPACES = {"flat": FLAT, "conditional": CONDITIONAL, "plain": PLAIN}


def settings(kind: str, **changes: Any) -> Search:
    """A search as it is configured, with few random trials first."""
    node = yaml.safe_load((CONF / "search" / f"{kind}.yaml").read_text())
    sampler = node["sampler"]
    if kind in ("tpe", "gp"):
        sampler = sampler | {"n_startup_trials": 4}
    return replace(Search(kind, sampler), **changes)  # type: ignore[arg-type]


def pruner(name: str) -> dict[str, Any]:
    """A pruner's node as it is configured, for trainings of 9 epochs."""
    node: dict[str, Any] = yaml.safe_load((CONF / "pruner" / f"{name}.yaml").read_text())
    return node | ({"max_resource": 9} if "max_resource" in node else {})


def gridded(space: Space) -> Space:
    """The same with the ends in place of every interval."""
    return Space(
        tuple(
            replace(p, domain=Choice((p.domain.low, p.domain.high)))
            if isinstance(p.domain, Interval)
            else p
            for p in space.parameters
        )
    )


def loss(point: Point) -> float:
    """An objective that tells all points apart."""
    parts = [
        float(value) if isinstance(value, (int, float)) else len(str(value))
        for value in point.values()
    ]
    return sum((part - 0.3 * place) ** 2 for place, part in enumerate(parts))


@dataclass
class Arguments:
    """What a study is created and opened with."""

    folder: Path
    kind: str = "random"
    space: Space = FLAT
    pruner: Mapping[str, Any] = field(default_factory=lambda: NO_PRUNER)
    directions: Sequence[Literal["min", "max"]] = ("min",)
    search: Search | None = None
    url: str | None = None
    name: str = "sweep"
    wait: float = 5.0

    @property
    def path(self) -> Path:
        return self.folder / "study.db"

    def _all(self) -> tuple[Any, ...]:
        url = self.url or f"sqlite:///{self.path}"
        search = self.search or settings(self.kind)
        return url, self.name, self.space, search, self.pruner, self.directions, (), self.wait

    def create(self) -> Study:
        return Study.create(*self._all())

    def open(self) -> Study:
        return Study.open(*self._all())


def serial(study: Study, numbers: range) -> list[Point]:
    """Run trials one after another; their points."""
    points = []
    for number in numbers:
        points.append(study.ask(number))
        study.tell(number, "complete", [loss(points[-1])], "finished")
    return points

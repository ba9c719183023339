"""Check every corner of a space before the first trial: compose it, then build its model."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.errors import ConfigError, DlcliError

if TYPE_CHECKING:
    from dlcli.config.compose import Config
    from dlcli.config.space import Value
    from dlcli.config.sweep import SweepConfig
    from dlcli.search.executor import Executor
    from dlcli.search.trial import Result

CHECK = "dlcli.training.trial:check"
SHOWN = 5

Point = Mapping[str, "Value"]


@dataclass(frozen=True)
class Checked:
    """What the checks found.

    Args:
        metrics: the objective's.
        modes: of each, as the model says where it was left to it.
        points: how many were checked.
        refused: points that cannot be trained, each with its problems.
        code: commit and uncommitted diff of the working folder.
        versions: of the packages that a result depends on.
        references: what the trials' weights start from: files, or runs.
    """

    metrics: list[str]
    modes: list[str]
    points: int
    refused: list[tuple[Point, list[str]]]
    code: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)

    def refuse(self) -> None:
        """Refuse (ConfigError) a space with points that cannot be trained."""
        if not self.refused:
            return
        lines = [
            f"space: {len(self.refused)} of the {self.points} points checked cannot be trained"
        ]
        for point, problems in self.refused[:SHOWN]:
            lines.append(f"  {described(point)}: {'; '.join(problems)}")
        if len(self.refused) > SHOWN:
            lines.append("  all of them: dlcli sweep --plan with the same overrides")
        raise ConfigError("\n".join(lines))


def check_corners(made: SweepConfig, executor: Executor) -> Checked:
    """Compose every corner of the space, and build the models of those that can be composed.

    Args:
        made: the sweep.
        executor: with a free slot; the models are built in a process of its own.

    Raises:
        ConfigError: the objective is nothing that the models log, or its direction is not known;
            some trials would have one device and others several.
        DataError: the data cannot be read.
    """
    from dlcli.cli.sweep_weights import references
    from dlcli.config.sweep import check_points

    points = made.space.corners()
    refused: list[tuple[Point, list[str]]] = [
        (one.point, list(one.problems)) for one in check_points(made, points)
    ]
    known = [point for point, _ in refused]
    left = [point for point in points if point not in known]
    metrics, modes = map(list, zip(*made.objectives, strict=True))
    if not left:
        return Checked(metrics, modes, len(points), refused)
    configs = [_composed(made, point) for point in left]
    _refuse_mixed([config.values["trainer"] for config in configs])
    details = _built([asdict(config) for config in configs], metrics, modes, executor)
    refused += [
        (point, problems)
        for point, problems in zip(left, details["problems"], strict=True)
        if problems
    ]
    modes = details.get("modes") or modes
    found = (details["code"], details["versions"], references(configs))
    return Checked(metrics, modes, len(points), refused, *found)


def on_several(trainer: Mapping[str, Any]) -> bool:
    """Whether a trainer's node means more than one device, so that a trial is started otherwise."""
    return trainer.get("devices") not in (1, None, "auto")


def _refuse_mixed(trainers: Sequence[Mapping[str, Any]]) -> None:
    """Refuse (ConfigError) trials on one device beside trials on several."""
    if len({on_several(trainer) for trainer in trainers}) > 1:
        found = ", ".join(dict.fromkeys(str(trainer.get("devices")) for trainer in trainers))
        raise ConfigError(
            f"trainer.devices: is {found} by trial; one device and several do not go together in a "
            "sweep: start one with trainer.devices=1, and another with more"
        )


def described(point: Point) -> str:
    """A point as it would be written on the command line."""
    from dlcli.config.sweep import point_overrides

    return " ".join(point_overrides(point)) or "the base configuration"


def _built(
    configs: Sequence[Mapping[str, Any]], metrics: list[str], modes: list[str], executor: Executor
) -> dict[str, Any]:
    """What a process finds that builds the model of each configuration."""
    from dlcli.search.job import run_job

    payload = {"configs": configs, "objective": {"metric": metrics, "mode": modes}}
    with tempfile.TemporaryDirectory(prefix="dlcli-") as scratch:
        job = Path(scratch) / "check"
        result = run_job(executor, job, CHECK, payload)
        if result.state != "complete":
            raise failure(result, job)
    return result.details


def _composed(made: SweepConfig, point: Point) -> Config:
    from dlcli.config.sweep import compose_point

    return compose_point(made, point)


def failure(result: Result, job: Path) -> Exception:
    """The error that a failed job stands for; a bug keeps what its process wrote."""
    from dlcli import errors
    from dlcli.search.trial import STORAGE, TrialFolder

    kinds: dict[str, type[DlcliError]] = {one.kind: one for one in _kinds(errors.DlcliError)}
    kinds |= {STORAGE: errors.StoreError, "oom": errors.TrainingError}
    if result.reason in kinds:
        return kinds[result.reason](result.message)
    if result.reason == "killed":
        return errors.TrainingError(f"while it was prepared, {result.message}")
    lines = "\n".join(TrialFolder(job / "0").tail(30))
    return RuntimeError(f"the check ended with {result.reason}: {result.message}\n{lines}")


def _kinds(base: type[DlcliError]) -> list[type[DlcliError]]:
    found = [base]
    for one in base.__subclasses__():
        found += _kinds(one)
    return [one for one in found if one.__name__ not in ("Stopped", "DlcliError")]

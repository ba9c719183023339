"""Whether the points of a space can be trained, found out without training: their models are built.

The data is read once for its spec, and weights are made where they take no memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningDataModule, LightningModule

from dlcli.config.compose import Config
from dlcli.config.imported import check_signatures
from dlcli.config.instantiate import instantiate
from dlcli.config.own_code import described
from dlcli.config.suggest import did_you_mean, nearest
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError, DlcliError
from dlcli.training.cost import DIRECTIONS as COSTS
from dlcli.training.device import check_device, hide_absent_gpus
from dlcli.training.experiment import (
    Experiment,
    assemble,
    build_data,
    check_monitors,
    setup_key,
)
from dlcli.training.metrics import declared, direction
from dlcli.training.rehearsal import rehearse
from dlcli.training.validation import unvalidated

KEPT = 16  # models that are there at once; most take no memory


class Corners:
    """Points to check, one after the other.

    Args:
        metrics: the objective's.
        modes: of each, ``min``, ``max`` or ``auto``.
    """

    def __init__(self, metrics: Sequence[str], modes: Sequence[str]) -> None:
        self.metrics = metrics
        self.modes = modes
        self.problems: list[list[str]] = []  # of each point so far
        self.found: list[str] = []  # the direction of each metric, once a model has said it
        self._errors: list[DlcliError] = []
        self._unlogged: list[DlcliError] = []  # those of the objective
        self._signatures: dict[str, DlcliError | None] = {}
        self._data: dict[str, tuple[LightningDataModule, DataSpec] | DlcliError] = {}
        self._made: dict[str, Experiment] = {}

    def check(self, config: Config) -> None:
        """Build a point's data, model, trainer, optimizer and schedule, and note what is wrong."""
        try:
            self._check_signatures(config)
            check_device(config.values["trainer"])
            experiment = self._experiment(config)
            self._see_direction(experiment.model)
            self._see_validation(config, experiment)
        except DlcliError as error:
            self._errors.append(error)
            self.problems.append(getattr(error, "problems", None) or [str(error)])
        except Exception as error:
            self.problems.append([described(error)])
        else:
            self.problems.append([])

    def refuse(self) -> None:
        """Raise what is wrong with all points, which is no point's own.

        Raises:
            ConfigError, DataError: it.
        """
        for errors, same in ((self._unlogged, False), (self._errors, True)):
            said = {str(error) for error in errors}
            if len(errors) == len(self.problems) and (len(said) == 1 or not same):
                raise errors[0]

    def _check_signatures(self, config: Config) -> None:
        """Import the targets; whether they take their arguments is a matter of names alone."""
        key = json.dumps(_names(config.values))
        if key not in self._signatures:
            self._signatures[key] = None
            try:
                check_signatures(config)
            except ConfigError as error:
                self._signatures[key] = error
        wrong = self._signatures[key]
        if wrong is not None:
            raise wrong

    def _experiment(self, config: Config) -> Experiment:
        """What the point consists of, made once for all that differ in the optimizer alone."""
        data, spec = self._ready(config)
        nodes = {**config.values, "optimizer": None, "scheduler": None}
        nodes["data"] = setup_key(config.values["data"])
        key = json.dumps(nodes, sort_keys=True, default=str)
        if key in self._made:
            made = self._made[key]
            try:
                optimizer, scheduler = (
                    instantiate(config.values[name], config.allow)
                    for name in ("optimizer", "scheduler")
                )
                check_monitors(made.model, config.values)
                rehearse(made.model, optimizer, scheduler, made.trainer, data)
                return made
            except Exception:
                del self._made[key]
        while len(self._made) >= KEPT:
            del self._made[next(iter(self._made))]
        self._made[key] = _assembled(config, data, spec)
        return self._made[key]

    def _ready(self, config: Config) -> tuple[LightningDataModule, DataSpec]:
        """The data of a point, set up once for all that differ in nothing that matters here."""
        node = config.values["data"]
        key = setup_key(node)
        own = instantiate(node, config.allow) if key in self._data else None
        if own is None:
            try:
                self._data[key] = build_data(node, config.allow)
            except (ConfigError, DataError) as error:
                self._data[key] = error
        ready = self._data[key]
        if isinstance(ready, DlcliError):
            raise ready
        data, spec = ready
        if own is not None and hasattr(own, "take_over"):
            own.take_over(data)  # its batches may be of another size
            data = own
        return data, spec

    def _see_direction(self, model: LightningModule) -> None:
        try:
            modes = objective(model, self.metrics, self.modes)
        except ConfigError as error:
            self._unlogged.append(error)
            raise
        self.found = self.found or modes
        for metric, mode, other in zip(self.metrics, modes, self.found, strict=True):
            if mode != other:
                raise ConfigError(
                    f"objective.mode: auto, but {metric} is better {mode} for "
                    f"{type(model).__name__} and {other} for others; set objective.mode"
                )

    def _see_validation(self, config: Config, experiment: Experiment) -> None:
        metric = next((one for one in self.metrics if one.startswith("val/")), None)
        if metric is None:
            return
        data, _ = self._ready(config)
        if reason := unvalidated(experiment.model, data, experiment.trainer):
            error = ConfigError(f"objective.metric: {metric} is never logged, as {reason}")
            self._unlogged.append(error)
            raise error


def _assembled(config: Config, data: LightningDataModule, spec: DataSpec) -> Experiment:
    """Model and trainer of a point.

    Where a layer or an optimizer does not work without memory, the CPU judges.
    """
    try:
        with torch.device("meta"):
            return assemble(config, data, spec, Path.cwd(), [], quiet=True)
    except Exception:
        return assemble(config, data, spec, Path.cwd(), [], quiet=True)


def _names(value: Any) -> Any:
    """A configuration without its values, the targets apart."""
    if isinstance(value, Mapping):
        return {k: v if k == "_target_" else _names(v) for k, v in sorted(value.items())}
    return [_names(item) for item in value] if isinstance(value, list) else None


def objective(model: LightningModule, metrics: Sequence[str], modes: Sequence[str]) -> list[str]:
    """Whether less or more of each metric is better, as the model says where it is left to it.

    Raises:
        ConfigError: a metric that the model does not log, or says nothing of.
    """
    problems, found = [], []
    for metric, mode in zip(metrics, modes, strict=True):
        try:
            found.append(direction_of(model, metric, mode))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return found


def direction_of(model: LightningModule, metric: str, mode: str) -> str:
    """Whether less or more of an objective is better.

    Raises:
        ConfigError: no trial has it, or nobody knows.
    """
    if metric.startswith("test/"):
        close = metric.replace("test/", "val/", 1)
        raise ConfigError(
            f"objective.metric: {metric} is of the test split, on which the best trial alone is "
            f"measured, once it is found; use {close}"
        )
    if metric in COSTS:
        return COSTS[metric] if mode == "auto" else mode
    says = declared(model)
    if metric.startswith("cost/") or (says is not None and metric not in says):
        logged = [name for name in says or () if name.startswith("val/")]
        raise ConfigError(
            f"objective.metric: {type(model).__name__} does not log '{metric}'"
            f"{did_you_mean(nearest(metric, [*logged, *COSTS]))} "
            f"(it logs {', '.join(sorted(logged))}; known of every model are {', '.join(COSTS)})"
        )
    try:
        return direction(model, metric, mode)
    except ConfigError as error:
        raise ConfigError(f"objective.{error}") from error


def checked(configs: Sequence[Config], node: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with each of some configurations, and the direction of the objective.

    Args:
        configs: of the root ``train``, composed and checked.
        node: of the objective; ``metric`` and ``mode`` are lists of one length.

    Returns:
        ``problems``, a list for each configuration, and ``modes``, one for each metric.

    Raises:
        ConfigError, DataError: the same is wrong with all.
    """
    hide_absent_gpus()
    corners = Corners(node["metric"], node["mode"])
    for config in configs:
        corners.check(config)
    corners.refuse()
    return {"problems": corners.problems, "modes": corners.found}

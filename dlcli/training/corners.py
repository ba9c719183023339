"""Whether the points of a space can be trained, found out without training: their models are built.

The data is read once for its spec, and weights are made where they take no memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
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
from dlcli.training.experiment import assemble, build_data
from dlcli.training.metrics import declared, direction

# What of the packaged data modules changes nothing that a spec says.
LOADING = ("batch_size", "augment", "device", "drop_last")


@dataclass
class Corners:
    """Points to check, one after the other.

    Args:
        metrics: the objective's.
        modes: of each, ``min``, ``max`` or ``auto``.
        problems: of each point so far.
        errors: what stood in the way of those with problems.
    """

    metrics: Sequence[str]
    modes: Sequence[str]
    problems: list[list[str]] = field(default_factory=list)
    errors: list[DlcliError] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    _data: dict[str, tuple[LightningDataModule, DataSpec] | DlcliError] = field(
        default_factory=dict
    )

    def check(self, config: Config) -> None:
        """Build a point's data, model, trainer, optimizer and schedule, and note what is wrong."""
        try:
            check_signatures(config)
            check_device(config.values["trainer"])
            model = self._model(config)
            self._see_direction(model)
        except DlcliError as error:
            self.errors.append(error)
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
        said = [str(error) for error in self.errors]
        if len(said) == len(self.problems) and len(set(said)) == 1:
            raise self.errors[0]

    def _model(self, config: Config) -> LightningModule:
        """The model for the point's data.

        Where a layer or an optimizer does not work without memory, the CPU judges.
        """
        data, spec = self._ready(config)
        try:
            return _assembled(config, data, spec, "meta")
        except Exception:
            return _assembled(config, data, spec, "cpu")

    def _ready(self, config: Config) -> tuple[LightningDataModule, DataSpec]:
        """The data of a point, set up once for all that differ in nothing that matters here."""
        node = config.values["data"]
        instantiate(node, config.allow)
        own = str(node["_target_"]).startswith("dlcli.")
        kept = {key: value for key, value in node.items() if not (own and key in LOADING)}
        key = json.dumps(kept, sort_keys=True, default=str)
        if key not in self._data:
            try:
                self._data[key] = build_data(node, config.allow)
            except (ConfigError, DataError) as error:
                self._data[key] = error
        ready = self._data[key]
        if isinstance(ready, DlcliError):
            raise ready
        return ready

    def _see_direction(self, model: LightningModule) -> None:
        modes = objective(model, self.metrics, self.modes)
        self.found = self.found or modes
        for metric, mode, other in zip(self.metrics, modes, self.found, strict=True):
            if mode != other:
                raise ConfigError(
                    f"objective.mode: auto, but {metric} is better {mode} for "
                    f"{type(model).__name__} and {other} for others; set objective.mode"
                )


def _assembled(
    config: Config, data: LightningDataModule, spec: DataSpec, device: str
) -> LightningModule:
    with torch.device(device) if device != "cpu" else nullcontext():
        return assemble(config, data, spec, Path.cwd(), [], quiet=True).model


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
        known = [name for name in (*(says or ()), *COSTS) if not name.startswith("test/")]
        raise ConfigError(
            f"objective.metric: {type(model).__name__} does not log '{metric}'"
            f"{did_you_mean(nearest(metric, known))} (known are {', '.join(sorted(known))})"
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

"""Build what a configuration names: data, model, trainer; each is checked before any starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytorch_lightning import LightningDataModule, LightningModule, Trainer
from pytorch_lightning.callbacks import (
    BatchSizeFinder,
    Callback,
    LearningRateFinder,
    ProgressBar,
)

from dlcli.config.allow import is_below
from dlcli.config.compose import Config
from dlcli.config.instantiate import instantiate
from dlcli.config.own_code import blamed, first_line
from dlcli.config.targets import Targets
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError
from dlcli.training.checkpoint_io import FolderCheckpointIO
from dlcli.training.device import check_device, hide_absent_gpus
from dlcli.training.hooks import skip_empty_hooks
from dlcli.training.logger import RunLogger
from dlcli.training.metrics import check_monitor, direction
from dlcli.training.precision import check_precision
from dlcli.training.processes import OwnProcesses, be_first_rank, check_launch
from dlcli.training.random_state import RandomState
from dlcli.training.rehearsal import check_methods, rehearse
from dlcli.training.startup import targets
from dlcli.training.validation import check_interval, check_validation

FINDERS = (LearningRateFinder, BatchSizeFinder)

# What of the packaged data modules changes nothing of what they set up.
BATCHING = ("batch_size", "augment", "device", "drop_last")
# Data modules that this process, or the one it was forked from, has set up already.
READY: dict[str, LightningDataModule] = {}


@dataclass(frozen=True)
class Experiment:
    """The parts of a run, ready to train.

    Args:
        data: set up, so that ``spec`` and ``fingerprint`` can be asked for.
        model: built for ``spec``.
        trainer: with the callbacks, ``logger`` and ``checkpoints`` wired in.
        logger: records nowhere until its ``run`` is set.
        checkpoints: saves nowhere until its ``folder`` is set.
    """

    data: LightningDataModule
    spec: DataSpec
    model: LightningModule
    trainer: Trainer
    logger: RunLogger
    checkpoints: FolderCheckpointIO


def build(
    config: Config,
    root: Path,
    extra: list[Callback],
    quiet: bool = False,
    resuming: bool = False,
) -> Experiment:
    """Build data, model and trainer from a checked configuration.

    Args:
        config: with the groups data, model, optimizer, scheduler, trainer and callbacks.
        root: the folder of the store; Lightning keeps its own temporary files there.
        extra: callbacks that every run has.
        quiet: show no progress.
        resuming: whether a checkpoint holds what Lightning's finders found.

    Raises:
        ConfigError: a value that only its target could judge.
        DataError: data that is missing, damaged or does not fit.
    """
    from lightning_fabric.utilities.seed import seed_everything

    check_device(config.values["trainer"])
    hide_absent_gpus()
    seed_everything(config.values["seed"], workers=True, verbose=False)
    data, spec = build_data(config.values["data"], config.allow)
    return assemble(config, data, spec, root, extra, quiet, resuming)


def assemble(
    config: Config,
    data: LightningDataModule,
    spec: DataSpec,
    root: Path,
    extra: list[Callback],
    quiet: bool = False,
    resuming: bool = False,
) -> Experiment:
    """Build model and trainer for data that is there.

    Args and errors: those of ``build``.
    """
    values, allow = config.values, config.allow
    model = build_model(values, spec, allow)
    callbacks = [instantiate(node, allow) for node in values["callbacks"].values() if node]
    check_methods(model, data)
    with blamed(allow, ConfigError):
        check_monitors(model, values)
    sized = any(isinstance(callback, BatchSizeFinder) for callback in callbacks)
    unwanted = (*((ProgressBar,) if quiet else ()), *(FINDERS if resuming else ()))
    callbacks = [callback for callback in callbacks if not isinstance(callback, unwanted)]
    logger, checkpoints = RunLogger(), FolderCheckpointIO()
    trainer = build_trainer(
        {**validated_first(values, allow), **values["trainer"]},
        allow,
        callbacks=[*callbacks, *extra, RandomState()],
        logger=logger,
        plugins=[checkpoints, OwnProcesses()],
        default_root_dir=str(root),
    )
    check_launch(trainer)
    be_first_rank(trainer)
    check_precision(trainer, values["optimizer"])
    if callable(refuse := getattr(model, "check_trainer", None)):
        refuse(trainer)
    optimizer, scheduler = (instantiate(values[name], allow) for name in ("optimizer", "scheduler"))
    # of a resumed training the checkpoint may say how large the batches are
    rehearse(model, optimizer, scheduler, trainer, None if resuming else data)
    if not resuming:
        check_validation(model, data, trainer, values)
    elif not sized:
        check_interval(data, trainer)
    skip_empty_hooks(trainer.callbacks)  # type: ignore[attr-defined]
    return Experiment(data, spec, model, trainer, logger, checkpoints)


def build_data(
    node: Mapping[str, Any], allow: tuple[str, ...], fitted: Mapping[str, Any] | None = None
) -> tuple[LightningDataModule, DataSpec]:
    """The data module, set up, and what it says about itself.

    Args:
        node: of the configuration.
        allow: packages of the user's own whose code may run.
        fitted: what it goes by instead of fitting its training split, from a checkpoint.

    Raises:
        ConfigError: not a data module, or one that does not say what its data looks like.
        DataError: from the data module, or an error in the user's own by its file and line.
    """
    data = instantiate(node, allow)
    if not isinstance(data, LightningDataModule):
        raise ConfigError(f"data: {node['_target_']} is not a LightningDataModule")
    with blamed(allow, DataError):
        ready = None if fitted else READY.get(setup_key(node))
        if ready is not None and hasattr(data, "take_over"):
            data.take_over(ready)
        if fitted and hasattr(data, "go_by"):
            data.go_by(fitted)
        data.prepare_data()
        data.setup("fit")
        spec = getattr(data, "spec", None)
    if not isinstance(spec, DataSpec):
        raise ConfigError(
            f"data: {node['_target_']} has no attribute `spec` that is a DataSpec; "
            "a model learns from it what the data looks like"
        )
    return data, spec


def setup_key(node: Mapping[str, Any]) -> str:
    """The same for data that is set up alike."""
    own = str(node["_target_"]).startswith("dlcli.")
    kept = {key: value for key, value in node.items() if not (own and key in BATCHING)}
    return json.dumps(kept, sort_keys=True, default=str)


def build_model(
    values: Mapping[str, Any], spec: DataSpec, allow: tuple[str, ...]
) -> LightningModule:
    """The model for data of a spec, with the optimizer and schedule it is to use.

    Raises:
        ConfigError: not a LightningModule, or one that refuses the data.
    """
    node = values["model"]
    wired = {name: instantiate(values[name], allow) for name in ("optimizer", "scheduler")}
    regularizer = instantiate(values["regularizer"], allow)
    if takes(node["_target_"], "regularizer", allow):
        wired["regularizer"] = regularizer
    elif getattr(regularizer, "active", True):
        raise ConfigError(
            f"regularizer: {node['_target_']} takes none; choose regularizer=none, or give its "
            "__init__ an argument `regularizer`"
        )
    model = instantiate(node, allow, spec=spec, **wired)
    if not isinstance(model, LightningModule):
        raise ConfigError(f"model: {node['_target_']} is not a LightningModule")
    instantiate(values["init"], allow)(getattr(model, "net", model))
    if values["compile"]:
        getattr(model, "net", model).compile()
    return model


def takes(target: str, argument: str, allow: tuple[str, ...]) -> bool:
    """Whether a target has an argument of this name, as far as its source tells."""
    signature = Targets(allow).signature(target)
    return signature is None or signature.open or argument in signature.types


def validated_first(values: Mapping[str, Any], allow: tuple[str, ...]) -> dict[str, int]:
    """How much is validated before anything is trained: of dlcli's own code nothing.

    Lightning tries two batches, so that an error in code of the user's costs no epoch.
    """
    unproven = any(is_below(target, allow) for target in targets(values))
    return {} if unproven else {"num_sanity_val_steps": 0}


def check_monitors(model: LightningModule, values: Mapping[str, Any]) -> None:
    """Refuse every monitored metric that the model says it does not log, or knows no better of.

    Raises:
        ConfigError: naming all of them.
    """
    problems = []
    for place, node in {**values["callbacks"], "scheduler": values["scheduler"]}.items():
        monitor = (node or {}).get("monitor")
        if not monitor:
            continue
        try:
            check_monitor(model, f"monitor ({place})", monitor)
            direction(model, monitor, node.get("mode", "min"))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


def build_trainer(node: Mapping[str, Any], allow: tuple[str, ...], **wired: Any) -> Trainer:
    """The trainer with what a run wires in.

    Raises:
        ConfigError: Lightning refuses the combination of arguments.
    """
    bar = any(isinstance(callback, ProgressBar) for callback in wired.get("callbacks", []))
    defaults = {"enable_model_summary": False, "enable_progress_bar": bar}
    try:
        trainer: Trainer = instantiate({**defaults, **node}, allow, **wired)
    except ConfigError as error:
        if error.__cause__ is None:
            raise
        raise ConfigError(f"trainer: {first_line(error.__cause__)}") from error
    if not hasattr(trainer, "val_check_interval"):  # it is a time, and EarlyStopping asks for it
        trainer.val_check_interval = None  # type: ignore[assignment]
    # With max_steps Lightning takes an epoch that a checkpoint has finished for one to finish.
    trainer.fit_loop._iteration_based_training = lambda: False  # type: ignore[method-assign]
    return trainer

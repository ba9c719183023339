"""What a run records about where it came from: configuration, code, environment, data, cost."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import yaml

from dlcli import __version__
from dlcli.config.compose import Config
from dlcli.config.redact import redact, redact_override, redact_text
from dlcli.tracking.run import Run
from dlcli.tracking.run_record import CHOICE
from dlcli.training.checkpoint import write_text
from dlcli.training.code import git_state
from dlcli.training.device import device_name
from dlcli.training.experiment import Experiment
from dlcli.training.metrics import directions

# libyaml's is five times as quick, where PyYAML was built with it
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
PACKAGES = (
    "torch",
    "torchvision",
    "pytorch-lightning",
    "torchmetrics",
    "numpy",
    "hydra-core",
    "omegaconf",
    "mlflow",
    "optuna",
)


def record_start(
    run: Run,
    config: Config,
    experiment: Experiment,
    code: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
) -> None:
    """Write what is known before training starts into the run's artifacts, parameters and tags.

    Args:
        run: to record into.
        config: of the root ``train``.
        experiment: what was built from it.
        code: what ``git_state`` said when the sweep began; None to ask it now.
        command: what the user typed, one word each; None for this process's own arguments.
    """
    secrets = config.hidden
    values = redact(config.values, secrets=secrets)
    artifacts = run.artifacts
    write_text(artifacts / "config.yaml", yaml.dump(values, Dumper=DUMPER, sort_keys=False))
    origin = {
        "overrides": [redact_override(text, secrets) for text in config.overrides],
        "choices": config.choices,
        "allow": list(config.allow),
        "config_dir": config.config_dir,
        "origins": config.origins,
        "references": config.references,
    }
    write_text(artifacts / "origins.json", redact_text(json.dumps(origin, indent=1), secrets))
    environment = environment_now()
    write_text(artifacts / "environment.json", json.dumps(environment, indent=1))
    code = git_state() if code is None else code
    command = sys.argv[1:] if command is None else command
    if code.get("diff"):
        write_text(artifacts / "git.diff", redact_text(code["diff"], secrets))
    run.log_params(values)
    run.set_directions(directions(experiment.model, config.values))
    run.set_tags(
        {
            "dlcli.version": __version__,
            "dlcli.data.fingerprint": fingerprint(experiment),
            "dlcli.data.spec": repr(experiment.spec),
            "dlcli.device": environment["device"],
            "dlcli.seed": str(values["seed"]),
            "dlcli.command": shlex.join(redact_override(word, secrets) for word in command),
            **{f"{CHOICE}{group}": option for group, option in config.choices.items()},
            **({"mlflow.source.git.commit": code["commit"]} if code.get("commit") else {}),
            **({"dlcli.git.dirty": code["dirty"]} if code.get("dirty") else {}),
        }
    )


def fingerprint(experiment: Experiment) -> str:
    """The data's fingerprint, or an empty text where its module gives none."""
    return str(getattr(experiment.data, "fingerprint", ""))


def environment_now() -> dict[str, Any]:
    """Versions, device, threads and platform of this process."""
    import torch

    return {
        "dlcli": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": versions(),
        "device": device_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }


@cache
def versions() -> dict[str, str]:
    """The installed versions of the packages that a run's result depends on."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


class Clock:
    """The time that a run has taken, over all its processes, from a clock that never jumps."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._start

    def go_on_from(self, seconds: float) -> None:
        """Count what the run took before it was resumed, too."""
        self._start -= seconds

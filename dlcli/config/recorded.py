"""Take a run's configuration from its record, with overrides of single values laid over it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dlcli.config import grammar, overrides, yaml_file
from dlcli.config.check import REQUIRED, Check
from dlcli.config.compose import Config
from dlcli.config.composition import Composition
from dlcli.config.folders import check_packages, project
from dlcli.config.problem import messages
from dlcli.config.redact import MASK
from dlcli.config.targets import Targets
from dlcli.errors import ConfigError


def from_record(artifacts: Path, changes: Sequence[str], allow: Sequence[str] = ()) -> Config:
    """The configuration of a recorded run.

    Args:
        artifacts: the run's.
        changes: overrides of values in Hydra's grammar; groups cannot be chosen again.
        allow: packages of the user's own whose code may run, beside those of the project.

    Raises:
        ConfigError: the record is gone or damaged, or a change is wrong.
    """
    values = _values(artifacts / "config.yaml")
    choices = _choices(artifacts / "origins.json")
    return from_values(values, changes, allow, choices)


def _values(path: Path) -> dict[str, Any]:
    # Its limits first; its reading is that of hand-written files, in which 1e-3 is a number.
    yaml_file.read(path, str(path))
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unreadable(path, error) from error
    lacking = [name for name in REQUIRED if name not in (values or {})]
    if lacking:
        raise ConfigError(f"{path}: the run's configuration lacks {', '.join(lacking)}")
    return dict(values)


def _choices(path: Path) -> dict[str, str]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        return {str(group): str(option) for group, option in about.get("choices", {}).items()}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ConfigError:
    return ConfigError(f"{path}: the run's configuration cannot be read ({error})")


def from_values(
    values: Mapping[str, Any],
    changes: Sequence[str],
    allow: Sequence[str] = (),
    choices: Mapping[str, str] | None = None,
) -> Config:
    """The configuration of recorded values with changes laid over, checked as a whole.

    Raises:
        ConfigError: with one message for each problem.
    """
    packages = tuple(dict.fromkeys([*project(Path.cwd()).allow, *allow]))
    check_packages(packages)
    targets = Targets(packages)
    composition = Composition()
    composition.put("", values, "the run's record")
    groups = [name for name, value in values.items() if isinstance(value, Mapping)]
    parsed, problems = grammar.parse(changes)
    problems += [_group_refused(item) for item in parsed if item.key in groups]
    valued = [item for item in parsed if item.key not in groups]
    problems += overrides.apply(valued, composition, targets, groups)
    check = Check(targets, groups, groups)
    check.root(composition.values)
    problems += messages(check.problems, composition.origins, [])
    problems += [
        f"{key}: a secret, which is not recorded; give it again, {key}=VALUE"
        for key in _masked(composition.values, "")
    ]
    if problems:
        raise ConfigError(problems)
    return Config(
        values=composition.values,
        origins=composition.origins,
        overrides=tuple(changes),
        choices=dict(choices or {}),
        allow=packages,
    )


def _group_refused(item: grammar.Override) -> str:
    return (
        f"override {item.text}: the run's {item.key} is recorded and cannot be chosen again; "
        "change single values of it, or start a new run"
    )


def _masked(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _masked(item, f"{key}.{name}" if key else str(name))
    elif value == MASK:
        yield key

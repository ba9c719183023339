"""Take a configuration from a run's record or a file, with overrides of values laid over it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dlcli.config import grammar, overrides, yaml_file
from dlcli.config.check import REQUIRED, Check
from dlcli.config.compose import Config
from dlcli.config.composition import Composition
from dlcli.config.folders import check_packages, project
from dlcli.config.interpolate import Interpolation
from dlcli.config.problem import messages
from dlcli.config.redact import MASK, redact_override
from dlcli.config.references import from_environment, written
from dlcli.config.store import GROUP, leading_to
from dlcli.config.targets import Targets
from dlcli.errors import ConfigError

# Where the values of a run's record come from, for people.
_RECORD = "the run's record"


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
    origins = artifacts / "origins.json"
    values = from_environment(values, _about(origins, "references"))
    return from_values(values, changes, allow, _about(origins, "choices"))


def from_file(path: Path, changes: Sequence[str], allow: Sequence[str] = ()) -> Config:
    """The configuration that a file holds as a whole: a run's ``config.yaml``, or one like it.

    Where it names another store than the working folder does, that is among its overrides, as a
    command that goes on from the run needs it.

    Args:
        path: of the file.
        changes: overrides of values in Hydra's grammar; groups cannot be chosen again.
        allow: packages of the user's own whose code may run, beside those of the project.

    Raises:
        ConfigError: the file is missing or damaged or no whole configuration, or a change is
            wrong.
    """
    if path.is_dir():
        raise ConfigError(f"{path}: a folder; name the file in it, as {path / 'config.yaml'}")
    values = yaml_file.read(path, str(path)).values
    lacking = [name for name in REQUIRED if name not in values]
    if lacking:
        raise ConfigError(
            f"{path}: no whole configuration, it lacks {', '.join(lacking)}; "
            "name a run's config.yaml, or what dlcli train --print-config printed"
        )
    beside = path.with_name("origins.json")
    if path.name != "config.yaml" or not beside.is_file():
        config = from_values(values, changes, allow, {}, str(path))
    else:
        values = written(values, _about(beside, "references"))
        config = from_values(values, changes, allow, _about(beside, "choices"), str(path))
    return replace(config, overrides=(*leading_to(config.values[GROUP]), *config.overrides))


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


def _about(path: Path, name: str) -> dict[str, str]:
    """What a run's origins.json says of its choices or references."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): str(text) for key, text in about.get(name, {}).items()}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ConfigError:
    return ConfigError(f"{path}: the run's configuration cannot be read ({error})")


def from_values(
    values: Mapping[str, Any],
    changes: Sequence[str],
    allow: Sequence[str] = (),
    choices: Mapping[str, str] | None = None,
    label: str = _RECORD,
) -> Config:
    """The configuration of recorded values with changes laid over, checked as a whole.

    Args:
        values: of the record.
        changes: overrides of values in Hydra's grammar; groups cannot be chosen again.
        allow: packages of the user's own whose code may run, beside those of the project.
        choices: the option of each group, where it is known.
        label: the name under which the record is shown.

    Raises:
        ConfigError: with one message for each problem.
    """
    packages = tuple(dict.fromkeys([*project(Path.cwd()).allow, *allow]))
    check_packages(packages)
    targets = Targets(packages)
    composition = Composition()
    composition.put("", values, label)
    groups = [name for name, value in values.items() if isinstance(value, Mapping)]
    parsed, problems = grammar.parse(changes)
    problems += [_group_refused(item, label) for item in parsed if item.key in groups]
    valued = [item for item in parsed if item.key not in groups]
    problems += overrides.apply(valued, composition, targets, groups)
    interpolation = Interpolation()
    resolved = interpolation.resolve(composition.values)
    check = Check(targets, groups, groups)
    check.root(resolved)
    wrong = {problem.key: problem for problem in [*check.problems, *interpolation.problems]}
    problems += messages(wrong.values(), composition.origins, interpolation.secrets)
    problems += [
        f"{key}: a secret, which is not recorded; give it again, {key}=VALUE"
        for key in _masked(resolved, "")
    ]
    if problems:
        raise ConfigError(problems)
    return Config(
        values=resolved,
        origins=composition.origins,
        overrides=tuple(changes),
        choices=dict(choices or {}),
        allow=packages,
        secrets=tuple(interpolation.secrets),
    )


def _group_refused(item: grammar.Override, label: str) -> str:
    known, way = f"{label} holds the whole {item.key}", "leave --config out"
    if label == _RECORD:
        known, way = (
            f"the run's {item.key} is recorded and cannot be chosen again",
            ("start a new run"),
        )
    return f"override {redact_override(item.text)}: {known}; change single values of it, or {way}"


def _masked(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _masked(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _masked(item, f"{key}.{place}")
    elif value == MASK:
        yield key

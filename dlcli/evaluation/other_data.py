"""Another data set in the place of the one that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcli.config.compose import Config
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError
from dlcli.training.changes import Split, shared_otherwise
from dlcli.training.experiment import build_data

# Kinds whose examples are encoded by what was found in the training split: columns, a vocabulary.
ENCODED = ("vector", "tokens")
COMPARED = ("kind", "shape", "target", "classes", "vocabulary", "values")
SHOWN = 5  # of many names


def fitted_for(config: Config, facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What another data set goes by: the run's own preprocessing.

    Args:
        config: with the other data.
        facts: that the checkpoint holds of its run.

    Raises:
        ConfigError: the two are encoded in ways that do not fit each other.
    """
    fitted: Mapping[str, Any] = facts.get("fitted") or {}
    now, before = (values["data"]["_target_"] for values in (config.values, facts["config"]))
    if now == before or not fitted:
        return fitted
    data, spec = build_data(config.values["data"], config.allow)
    fresh = getattr(data, "fitted", {})
    if spec.kind in ENCODED and (fresh.get("encoding") or fitted.get("encoding")):
        raise ConfigError(
            f"--data: {now} and the run's {before} each make numbers of their "
            f"{'columns' if spec.kind == 'vector' else 'words'} in their own way, so the model "
            "cannot read the one as the other; give it as a file of the run's own kind"
        )
    return {**fresh, "normalize": fitted.get("normalize"), "bounds": fitted.get("bounds")}


def check_other(name: str, before: Mapping[str, Any], now: DataSpec) -> None:
    """Refuse data of another kind than the model was trained on.

    Args:
        name: of the data, for messages.
        before: the spec of the run's data, by names.
        now: that of the other data.

    Raises:
        DataError: with each difference.
    """
    problems = []
    for key in COMPARED:
        was, is_ = before.get(key, getattr(now, key)), getattr(now, key)
        if isinstance(was, (list, tuple)):
            was = tuple(was)
        if was != is_:
            problems.append(f"{key} {told(is_)}, not {told(was)}")
    if problems:
        raise DataError(f"--data {name}: not what the model was trained on: {'; '.join(problems)}")


def seen_before(fitted: Mapping[str, Any], data: Any, split: Split) -> list[str]:
    """That the other data is the run's own after all, shared out so that the model knows it.

    Args:
        fitted: in the training of the run.
        data: the other data, set up.
        split: of it.
    """
    now = getattr(data, "fitted", {})
    before = fitted.get("sets", {}).get("train")
    if before is None or now.get("sets", {}).get("train") != before or split in now["sets"]:
        return []
    return shared_otherwise(split, fitted["partition"], now["partition"])


def told(value: Any) -> str:
    """A value of a spec, without most of many names."""
    if not isinstance(value, tuple):
        return str(value)
    if all(isinstance(item, int) for item in value):
        return "x".join(map(str, value))
    some = ", ".join(map(str, value[:SHOWN]))
    return f"({some}, … {len(value)} in all)" if len(value) > SHOWN else f"({some})"

"""What makes a study the one it is, kept in the study and compared on every opening."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlcli.config.space import Space
from dlcli.errors import ConfigError
from dlcli.search.settings import Search

KEY = "dlcli"  # of the attribute of the study
FORMAT = 1


def description(
    space: Space, search: Search, pruner: Mapping[str, Any], directions: Sequence[str]
) -> dict[str, Any]:
    """All that a study's trials follow from, as JSON holds it."""
    content = {
        "format": FORMAT,
        "space": {
            entry.pop("name"): entry
            for entry in ({"name": p.name, **_entry(space, p.name)} for p in space.parameters)
        },
        "order": [parameter.name for parameter in space.parameters],
        "directions": list(directions),
        "search": {"kind": search.kind, "seed": search.seed, "sampler": search.sampler},
        "pruner": pruner,
    }
    plain: dict[str, Any] = json.loads(json.dumps(content, default=dict))
    return plain


def _entry(space: Space, name: str) -> dict[str, Any]:
    names = [parameter.name for parameter in space.parameters]
    entry: dict[str, Any] = space.as_dict()["parameters"][names.index(name)]
    return entry


def check_same(place: str, stored: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse (ConfigError) to go on with a study that is another one, with each difference."""
    differences = list(_differences("", stored, now))
    if differences:
        advice = "give it back its old value, or start another sweep with --name"
        raise ConfigError([f"{place}: {line}; {advice}" for line in differences])


def _differences(key: str, one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*one, *other]):
            yield from _differences(
                f"{key}.{name}" if key else name, one.get(name, _NONE), other.get(name, _NONE)
            )
    elif json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
        yield f"{key} was {_shown(one)} and is {_shown(other)}"


_NONE = "\0"


def _shown(value: Any) -> str:
    if value == _NONE:
        return "not there"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

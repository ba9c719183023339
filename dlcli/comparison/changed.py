"""What was changed of the defaults for a run: options, and single values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dlcli.comparison.detail import Detail
from dlcli.config.show import flow
from dlcli.tracking.command import words

EXPERIMENT = "experiment"
_CHOSEN = re.compile(r" \((\w+)=([^()]+)\)$")  # behind the file of an option that was chosen


@dataclass(frozen=True)
class Setting:
    """One value of a configuration.

    Args:
        key: dotted; of an option its group.
        value: in YAML.
        origin: where it was written: ``override …`` or a file.
    """

    key: str
    value: str
    origin: str


def changed(detail: Detail) -> list[Setting]:
    """The options that were chosen, then the values that were overridden, as they were given.

    Of a run whose folder is not here, those that its command line names.
    """
    if not detail.origins:
        return [_given(word) for word in detail.overrides or _typed(detail)]
    found = {one.key: one for one in [*_options(detail), *_values(detail)]}
    for word in detail.overrides:
        if word.startswith("~"):
            found[word] = Setting(word.lstrip("~"), "(taken away)", f"override {word}")
    return list(found.values())


def value_at(config: Mapping[str, Any], key: str) -> Any:
    """The value at a dotted key; KeyError where there is none."""
    value: Any = config
    for name in key.split("."):
        if not isinstance(value, Mapping):
            raise KeyError(key)
        value = value[name]
    return value


def _options(detail: Detail) -> Iterator[Setting]:
    """The options of groups that are not those of the root."""
    for word in detail.overrides:
        group, equals, option = word.lstrip("+").partition("=")
        if equals and (group in detail.choices or group == EXPERIMENT):
            yield Setting(group, option, f"override {word}")
    named = {word.lstrip("+").partition("=")[0] for word in detail.overrides}
    for origin in detail.origins.values():
        if (match := _CHOSEN.search(origin)) and match[1] not in named:
            yield Setting(match[1], match[2], origin.partition(" (")[0])


def _values(detail: Detail) -> Iterator[Setting]:
    for key, origin in detail.origins.items():
        if origin.startswith("override ") or f"({EXPERIMENT}=" in origin:
            try:
                value = flow(value_at(detail.config, key))
            except KeyError:  # overridden, and then replaced as a whole
                continue
            yield Setting(key, value, origin)


def _given(word: str) -> Setting:
    key, _, value = word.lstrip("+~").partition("=")
    return Setting(key, value or "(taken away)", f"override {word}")


def _typed(detail: Detail) -> list[str]:
    """The overrides of the command that made the run."""
    typed = words(detail.record.tags)
    return [word for word in typed if re.match(r"[+~]*[\w./@]+(=|$)", word) and _is_override(word)]


def _is_override(word: str) -> bool:
    return "=" in word or word.startswith("~")

"""Which data an evaluation is to look at, where it is not that of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlcli.config.compose import Config, compose
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.training.source import Source


def with_option(
    open_with: Callable[[Sequence[str]], Source],
    changes: Sequence[str],
    option: str,
    config_dir: Path | None,
) -> Source:
    """A source whose data is of an option.

    Args:
        open_with: gives the source with overrides of its recorded values.
        changes: overrides; those of the data are of the option's values.
        option: of the group data; empty for the run's own.
        config_dir: the user's own tree.

    Raises:
        ConfigError: there is no such option, or a change is wrong.
    """
    if not option:
        return open_with(changes)
    source = open_with([text for text in changes if not of_data(text)])
    if source.config.choices.get("data") == option:
        return open_with(changes)
    values = [text for text in changes if of_data(text)]
    return replace(source, config=with_data(source.config, option, values, config_dir))


def split_options(options: Sequence[str]) -> tuple[str, list[str]]:
    """The option of the group data, and overrides of its values.

    Args:
        options: ``OPTION``, ``KEY=VALUE`` and ``data.KEY=VALUE`` in any order.

    Raises:
        ConfigError: two options.
    """
    names = [text.removeprefix("data=") for text in options if chooses(text)]
    if len(names) > 1:
        raise ConfigError(f"--data: {' and '.join(names)}; name one data set")
    values = [text for text in options if not chooses(text)]
    return "".join(names), [text if of_data(text) else f"data.{text}" for text in values]


def chooses(text: str) -> bool:
    """Whether a text names an option of the group."""
    return "=" not in text or text.startswith("data=")


def of_data(text: str) -> bool:
    """Whether an override is of a value of the data."""
    return text.lstrip("+~").startswith("data.")


def with_data(
    config: Config, option: str, changes: Sequence[str], config_dir: Path | None
) -> Config:
    """A run's configuration with another option of the group data.

    Args:
        config: of the run.
        option: of the group.
        changes: overrides of its values.
        config_dir: the user's own tree.

    Raises:
        ConfigError: there is no such option, or a change is wrong.
    """
    words = (f"data={option}", *changes)
    other = compose("train", words, config_dir, config.allow)
    origins = {key: text for key, text in config.origins.items() if not of_data(key)}
    origins |= {key: text for key, text in other.origins.items() if of_data(key)}
    return replace(
        config,
        values={**config.values, "data": other.values["data"]},
        choices={**config.choices, "data": option},
        overrides=(*config.overrides, *words),
        origins=origins,
        allow=other.allow,
        secrets=(*config.secrets, *other.secrets),
    )

"""``dlcli list``: what can be named on the command line, read from the configuration files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import get_terminal_size
from textwrap import TextWrapper

from dlcli.cli import output
from dlcli.cli.options import ConfigDir, Debug, Group, Json
from dlcli.errors import ConfigError

Options = list[tuple[str, str]]


def list_(
    group: Group = None, config_dir: ConfigDir = None, json: Json = False, debug: Debug = False
) -> None:
    """What can be named: models, data sets, optimizers, …"""
    found = {name: _options(name, config_dir) for name in _groups(group, config_dir)}
    if json:
        output.print_json({"groups": {name: as_json(options) for name, options in found.items()}})
        return
    for name, options in found.items():
        print_group(name, options)


def _groups(group: str | None, config_dir: Path | None) -> Sequence[str]:
    """All groups, or the one asked for.

    Raises:
        ConfigError: there is no such group.
    """
    from dlcli.config.catalogue import groups

    known = groups(config_dir)
    if group is None:
        return known
    if group in known:
        return [group]
    from dlcli.config.suggest import did_you_mean, listing, nearest

    hint = did_you_mean(nearest(group, known))
    raise ConfigError(f"list {group}: unknown group{hint}; groups: {listing(known)}")


def _options(group: str, config_dir: Path | None) -> Options:
    from dlcli.config.catalogue import options

    return options(group, config_dir)


def as_json(options: Options) -> list[dict[str, str]]:
    """A group's options in the form that programs read."""
    return [{"name": name, "description": description} for name, description in options]


def print_group(group: str, options: Options) -> None:
    """Print a group as it is typed, and its options with one line each."""
    print(f"{group}=")
    margin = max((len(name) for name, _ in options), default=0) + 4
    wrapper = TextWrapper(
        width=max(margin + 20, get_terminal_size((10_000, 0)).columns),
        subsequent_indent=" " * margin,
        break_on_hyphens=False,
    )
    for name, description in options:
        print(wrapper.fill(f"  {name.ljust(margin - 2)}{description}".rstrip()))

"""Shell completion from the config files alone."""

from __future__ import annotations


def complete_group(incomplete: str) -> list[tuple[str, str]]:
    """Groups that begin so."""
    from dlcli.config.catalogue import groups

    return [(name, "") for name in groups() if name.startswith(incomplete)]


def complete_override(incomplete: str) -> list[tuple[str, str]]:
    """``group=`` where no group is chosen yet, ``group=option`` behind one."""
    from dlcli.config.catalogue import options

    group, equals, start = incomplete.partition("=")
    if not equals:
        return [(f"{name}=", help_) for name, help_ in complete_group(incomplete)]
    return [(f"{group}={name}", help_) for name, help_ in options(group) if name.startswith(start)]

"""What there is to choose from, in the messages that tables of refusals hold."""

from __future__ import annotations

from dlcli.config import catalogue
from dlcli.config.folders import packaged
from dlcli.config.suggest import listing


def named(message: str) -> str:
    """The message with today's names for ``{groups}`` and ``{options GROUP}``."""
    groups = catalogue.groups(packaged())
    message = message.replace("{groups}", listing(groups))
    for group in groups:
        names = listing([name for name, _ in catalogue.options(group, packaged())])
        message = message.replace(f"{{options {group}}}", names)
    return message

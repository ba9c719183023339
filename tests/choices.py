"""What there is to choose from, in the messages that tables of refusals hold."""

from __future__ import annotations

from dlcli.config import catalogue
from dlcli.config.folders import packaged
from dlcli.config.suggest import listing
from dlcli.config.tree import SWEEP_GROUPS


def named(message: str) -> str:
    """The message with today's names for ``{groups}``, ``{all groups}``, ``{options GROUP}``."""
    groups = catalogue.groups(packaged())
    training = [group for group in groups if group not in SWEEP_GROUPS]
    message = message.replace("{groups}", listing(training))
    message = message.replace("{all groups}", listing(groups))
    for group in groups:
        names = listing([name for name, _ in catalogue.options(group, packaged())])
        message = message.replace(f"{{options {group}}}", names)
    return message

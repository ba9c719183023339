"""How the work of a coordinator came to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlcli.search.trial import Result


@dataclass(frozen=True)
class Ending:
    """Why a sweep came to its end.

    Args:
        reason: ``finished``, ``timeout``, ``failures``, ``config``, ``storage`` or ``stopped``.
        signal: the one that stopped it.
        message: what the last failures had in common.
    """

    reason: str
    signal: int | None = None
    message: str = ""


def in_common(failures: Sequence[Result]) -> str:
    """What failures in a row have in common, in words."""
    reasons = list(dict.fromkeys(one.reason for one in failures))
    messages = list(dict.fromkeys(one.message for one in failures))
    if len(messages) == 1:
        return f"{len(failures)} in a row: {reasons[0]}: {messages[0]}"
    return f"{len(failures)} in a row: {', '.join(reasons)}; the last: {messages[-1]}"

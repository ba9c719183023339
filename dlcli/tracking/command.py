"""The command that made a run, as its tag holds it: quoted for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

TAG = "dlcli.command"


def words(tags: Mapping[str, str]) -> list[str]:
    """The words of the command, without ``dlcli``; an older record has them unquoted.

    Args:
        tags: of the run.
    """
    text = tags.get(TAG, "")
    try:
        found = shlex.split(text)
    except ValueError:  # a quote that is not closed
        return text.split()
    return found if shlex.join(found) == text else text.split()

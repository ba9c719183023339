"""Which of the files that sets are given in are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dlcli.data.text_file import absent


@dataclass(frozen=True)
class Given:
    """The files of a data set.

    Args:
        paths: of each set to read.
        gone: for each set whose file is not there, what to say when it is asked for.
    """

    paths: Mapping[str, Path]
    gone: Mapping[str, str]


def given(places: Mapping[str, str], paths: Mapping[str, Path | None], trained: bool) -> Given:
    """Sort out the files that are gone, of which none is missed before it is asked for.

    Args:
        places: the configuration key that names each set's file, for messages.
        paths: of the sets; None where a set has no file.
        trained: whether there is a training to go by; else every file is needed.
    """
    named = {name: path for name, path in paths.items() if path is not None}
    there = {name: path for name, path in named.items() if path.exists() or not trained}
    if not there:
        return Given(named, {})
    gone = {name: absent(path, places[name]) for name, path in named.items() if name not in there}
    return Given(there, gone)

"""A study of no use but one: what is imported and made at its first use is there afterwards."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from dlcli.config.space import Space
from dlcli.errors import StoreError
from dlcli.search.settings import Search
from dlcli.search.study import Study


def practise(
    space: Space,
    search: Search,
    pruner_node: Mapping[str, Any],
    objectives: int,
    allow: Sequence[str],
) -> None:
    """Ask once, in a folder for the purpose, and tell: Optuna and SQLAlchemy take a second for it.

    Args:
        space: what is searched.
        search: how.
        pruner_node: of the configuration.
        objectives: how many there are.
        allow: packages of the user's own whose code may run.

    Raises:
        ConfigError: a setting that does not fit the rest.
    """
    room = contextlib.suppress(StoreError, OSError)
    with room, tempfile.TemporaryDirectory(prefix="dlcli-") as folder:
        url = f"sqlite:///{folder}/study.db"
        study = Study.create(
            url, "practice", space, search, pruner_node, ["min"] * objectives, allow
        )
        study.ask(0)
        study.tell(0, "complete", [0.0] * objectives)
        study.close()

"""What may stand at a place of the command line, from the configuration files alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import typer

from dlcli.errors import DlcliError

if TYPE_CHECKING:
    from dlcli.config.repository import Repository
    from dlcli.tracking.query import Runs

Candidates = list[tuple[str, str]]
SIGNS = ("++", "+", "~")
ROOT = "train"


def complete_group(incomplete: str) -> Candidates:
    """Groups that begin so."""
    with suppress(DlcliError):
        from dlcli.config.catalogue import groups

        return [(name, "") for name in groups() if name.startswith(incomplete)]
    return []


def complete_override(ctx: typer.Context, incomplete: str) -> Candidates:
    """``group=`` and ``key=`` where none is chosen yet, ``group=option`` behind a group."""
    sign = next((sign for sign in SIGNS if incomplete.startswith(sign)), "")
    wanted = incomplete.removeprefix(sign)
    with suppress(DlcliError):
        find = _deletions if sign == "~" else _overrides
        found = find(wanted, _given(ctx))
        return [(f"{sign}{text}", about) for text, about in found if text.startswith(wanted)]
    return []


def complete_tracking(ctx: typer.Context, incomplete: str) -> Candidates:
    """Overrides of the store alone."""
    return [found for found in complete_override(ctx, incomplete) if found[0].startswith("track")]


def complete_run(incomplete: str) -> Candidates:
    """Names of the runs recorded in the working folder; behind ``best:`` those of metrics."""
    if incomplete.startswith("best:"):
        metrics = complete_metric(incomplete.removeprefix("best:"))
        return [(f"best:{name}", about) for name, about in metrics]
    with suppress(DlcliError):
        runs = _recorded()
        names = ["latest", *(runs.names() if runs else [])]
        return [(name, "") for name in dict.fromkeys(names) if name.startswith(incomplete)]
    return []


def complete_metric(incomplete: str) -> Candidates:
    """Names of the metrics that runs recorded in the working folder have."""
    with suppress(DlcliError):
        runs = _recorded()
        names = runs.metrics() if runs else []
        return [(name, "") for name in names if name.startswith(incomplete)]
    return []


def _recorded() -> Runs | None:
    """The runs of the working folder; None where they are on a server."""
    from dlcli.config.store import store_root, tracking_settings
    from dlcli.tracking.query import Runs
    from dlcli.tracking.settings import MLflow
    from dlcli.tracking.uri import resolve

    settings, root = tracking_settings(), store_root()
    if isinstance(settings, MLflow) and resolve(settings, root).path is None:
        return None  # it is not asked at every press of a key
    return Runs(settings, root)


def complete_run_or_override(ctx: typer.Context, incomplete: str) -> Candidates:
    """Both: names of runs, and overrides of what they were trained with."""
    return [*complete_run(incomplete), *complete_override(ctx, incomplete)]


def _given(ctx: typer.Context) -> Sequence[str]:
    given = ctx.params.get("overrides")
    return [str(text) for text in given] if isinstance(given, (list, tuple)) else []


def _overrides(wanted: str, given: Sequence[str]) -> Candidates:
    from dlcli.config.catalogue import options

    group, equals, _ = wanted.partition("=")
    if equals:
        return [(f"{group}={name}", about) for name, about in options(group)]
    group, dot, _ = wanted.partition(".")
    if dot:
        return [(f"{key}=", "") for key in _keys_of(group, given)]
    own = [(f"{key}=", "") for key in _repository_values(ROOT) if not key.startswith("_")]
    return [*((f"{name}=", about) for name, about in complete_group(wanted)), *own]


def _deletions(wanted: str, given: Sequence[str]) -> Candidates:
    """What can be taken away: a group, or a key or node of the option that it has."""
    group, dot, _ = wanted.partition(".")
    if not dot:
        return complete_group(wanted)
    parts = (key.split(".") for key in _keys_of(group, given))
    return [(".".join(names), "") for names in dict.fromkeys(tuple(part[:2]) for part in parts)]


def _keys_of(group: str, given: Sequence[str]) -> Iterator[str]:
    """The keys of the option that a group has: as given on the line, else the root's default."""
    repository = _repository()
    chosen = dict(text.partition("=")[::2] for text in given).get(group)
    root = repository.file(ROOT)
    defaults = [item for item in root.defaults if isinstance(item, dict)] if root else []
    option = chosen or next((item[group] for item in defaults if group in item), None)
    file = repository.file(f"{group}/{option}")
    if file is None:
        return
    for part in [*(repository.file(f"{group}/{name}") for name in _names(file.defaults)), file]:
        if part is not None:
            yield from _dotted(part.values, group)


def _names(defaults: Sequence[Any]) -> list[str]:
    return [name for name in defaults if isinstance(name, str) and name != "_self_"]


def _dotted(values: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, value in values.items():
        if str(name).startswith("_"):
            continue
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}.{name}")
        else:
            yield f"{prefix}.{name}"


def _repository_values(name: str) -> dict[str, Any]:
    file = _repository().file(name)
    return file.values if file else {}


def _repository() -> Repository:
    from pathlib import Path

    from dlcli.config.folders import project, search_path
    from dlcli.config.repository import Repository

    return Repository(search_path(project(Path.cwd()).config_dir))


def complete_sweep(incomplete: str) -> Candidates:
    """Names of the sweeps recorded in the working folder."""
    from dlcli.config.store import store_root
    from dlcli.search.folder import names

    return [(name, "") for name in names(store_root()) if name.startswith(incomplete)]

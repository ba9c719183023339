"""Which runs are compared: those named, the newest, or the trials of a sweep."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dlcli.comparison.entry import Entry
from dlcli.errors import ConfigError
from dlcli.tracking.near import did_you_mean, nearest
from dlcli.tracking.query import Runs, list_runs
from dlcli.tracking.run_record import RunRecord
from dlcli.tracking.settings import MLflow, NoTracking

LAST = 10  # of the newest runs, where nothing says which
KIND, SWEEP = "dlcli.kind", "dlcli.sweep"
_KEY = re.compile(r"(?:^|; )([\w./@]+): ")  # in the tag of the space: optimizer.lr: 0.1 to 1; …


@dataclass(frozen=True)
class Choice:
    """Which runs are to be compared.

    Args:
        references: those that are named.
        sweep: whose trials are.
        last: how many of the newest.
        where: a filter.
    """

    references: Sequence[str] = ()
    sweep: str | None = None
    last: int | None = None
    where: str | None = None


@dataclass(frozen=True)
class Selection:
    """The runs to compare.

    Args:
        entries: the newest first, each once.
        searched: the parameters that a sweep searched; None where it is no sweep.
        objectives: of the sweep.
        counts: of the sweep's trials, by how they ended.
        warnings: about the choice.
    """

    entries: list[Entry]
    searched: list[str] | None = None
    objectives: list[str] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def selected(settings: MLflow | NoTracking, root: Path, choice: Choice) -> Selection:
    """The runs to compare.

    Args:
        settings: say which store.
        root: the folder of the runs.
        choice: which of its runs.

    Raises:
        ConfigError: there are none, or the choice contradicts itself.
        StoreError: the store cannot be read.
    """
    _check(choice)
    if choice.references:
        return named(Runs(settings, root), choice.references)
    records = list_runs(settings, root)
    sweep = choice.sweep
    found = trainings(records) if sweep is None else trials(records, sweep)
    warnings: list[str] = []
    if choice.where is not None:
        found, warnings = _matching(choice.where, found)
    some = choice.where is not None or sweep is not None
    found = found[: choice.last or (None if some else LAST)]
    if not found:
        raise ConfigError("there are no runs to compare; make some: dlcli train")
    if sweep is not None:
        return replace(of_sweep(found, records, sweep), warnings=warnings)
    return Selection([Entry(one, one) for one in found], warnings=warnings)


def _check(choice: Choice) -> None:
    ways = {
        "RUN": choice.references or None,
        "--sweep": choice.sweep,
        "--last": choice.last,
        "--where": choice.where,
    }
    given = [name for name, value in ways.items() if value is not None]
    if "RUN" in given and len(given) > 1:
        raise ConfigError(f"RUN and {given[1]}: choose one way to say which runs to compare")


def _matching(text: str, records: Sequence[RunRecord]) -> tuple[list[RunRecord], list[str]]:
    """The runs that a filter means, and what it warns of.

    Raises:
        ConfigError: it cannot be read, or means none.
    """
    from dlcli.tracking.filter import Filter

    asked = Filter(text, records)
    found = asked.matching()
    if not found:
        raise ConfigError(["--where: no run matches", *asked.counts()])
    return found, asked.warnings


def named(runs: Runs, references: Sequence[str]) -> Selection:
    """The runs that are named, one named twice once.

    Raises:
        ConfigError: a name means no run, several, or a sweep.
        StoreError: the store cannot be read.
    """
    found = {one.id: one for one in map(runs.find, references)}
    for one in found.values():
        if one.tags.get(KIND) == "sweep":
            best = one.tags.get("dlcli.best.run_id", "")
            own = f", or name its best one, {best[:8]}" if best else ""
            raise ConfigError(
                f"RUN {one.name}: a sweep; compare its trials with --sweep {one.name}{own}"
            )
    newest = sorted(found.values(), key=lambda one: (one.started, one.id), reverse=True)
    return Selection([_entry(one, runs) for one in newest])


def _entry(record: RunRecord, runs: Runs) -> Entry:
    source = runs.by_id(record.parent_id) if record.tags.get(KIND) == "evaluate" else None
    return Entry(record, source or record)


def trainings(records: Sequence[RunRecord]) -> list[RunRecord]:
    """The runs that stand for themselves: no trials, no sweeps, no evaluations."""
    return [one for one in records if one.tags.get(KIND) not in ("trial", "sweep", "evaluate")]


def trials(records: Sequence[RunRecord], name: str) -> list[RunRecord]:
    """The runs of a sweep's trials, the newest first.

    Raises:
        ConfigError: there is no such sweep, or it has no trials yet.
    """
    found = [one for one in records if _is_of(one, name, "trial")]
    if found:
        return found
    if any(_is_of(one, name, "sweep") for one in records):
        raise ConfigError(f"--sweep {name}: no trial of it has begun")
    known = {one.tags[SWEEP] for one in records if SWEEP in one.tags}
    near = did_you_mean(nearest(name, sorted(known)))
    raise ConfigError(f"--sweep {name}: no such sweep is recorded here{near}; see dlcli runs")


def of_sweep(chosen: Sequence[RunRecord], records: Sequence[RunRecord], name: str) -> Selection:
    """Trials of a sweep: those that are complete to compare, the others to be counted.

    Args:
        chosen: the trials.
        records: all runs, for the sweep's own.
        name: of the sweep.

    Raises:
        ConfigError: none of the trials is complete.
    """
    counts = Counter(one.state for one in chosen)
    complete = [one for one in chosen if one.is_complete]
    if not complete:
        told = ", ".join(f"{count} {state}" for state, count in counts.items())
        raise ConfigError(f"--sweep {name}: no trial is complete ({told}): nothing to compare yet")
    parent = next((one for one in records if _is_of(one, name, "sweep")), None)
    tags = parent.tags if parent else {}
    objectives = [text for text in tags.get("dlcli.objective", "").split(", ") if text]
    return Selection([Entry(one, one) for one in complete], _searched(tags), objectives, counts)


def _searched(tags: Mapping[str, str]) -> list[str] | None:
    """The parameters of the space; None where the sweep's run does not hold them, as too many."""
    try:
        return [str(key) for key in json.loads(tags["dlcli.searched"])]
    except (KeyError, ValueError):  # of an earlier dlcli, or too long for a tag
        return list(dict.fromkeys(_KEY.findall(tags.get("dlcli.space", "")))) or None


def _is_of(record: RunRecord, name: str, kind: str) -> bool:
    return record.tags.get(SWEEP) == name and record.tags.get(KIND) == kind

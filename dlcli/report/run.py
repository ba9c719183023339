"""What a report tells of one run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

import yaml

from dlcli.comparison.best import best_epoch, cost, epochs, metrics
from dlcli.comparison.changed import changed
from dlcli.comparison.detail import Detail
from dlcli.comparison.family import Family
from dlcli.comparison.scores import at_best, main_score
from dlcli.comparison.table import duration, scaled
from dlcli.config.repeat import allowed, tree
from dlcli.report.content import Facts, Part, Picture, Table
from dlcli.report.pictures import curves, figures
from dlcli.tracking.command import words
from dlcli.tracking.history import read_history
from dlcli.tracking.run_record import RunRecord

COSTS = {
    "params": "trainable parameters",
    "flops": "FLOPs of a forward pass",
    "samples_per_second": "training samples a second",
    "peak_memory_mb": "peak memory (MB)",
}
MOST_EVALUATIONS = 5  # whose figures are shown, the newest
LONGEST = 200_000  # characters of a diff


def run_part(detail: Detail, relatives: Family, commands: Sequence[str]) -> Part:
    """Everything about a run that is no sweep.

    Args:
        detail: what is recorded of it.
        relatives: its sweep, and its evaluations.
        commands: to go on with.
    """
    record = detail.record
    history = read_history(record.folder) if record.folder else {}
    return Part(
        name=record.name or record.id,
        id=record.id,
        verdict=verdict(detail),
        facts=list(_facts(detail)),
        curves=curves(history),
        scores=scores(detail),
        figures=list(_figures(detail, relatives)),
        changed=changes(detail),
        cost=list(_cost(detail)),
        environment=list(environment(detail)),
        commands=recorded_commands(detail, commands),
        config=yaml.safe_dump(dict(detail.config), sort_keys=False) if detail.config else "",
        diff=shortened(detail.diff or ""),
        notes=notes(detail),
    )


def verdict(detail: Detail) -> str:
    """How it ended and what it scored."""
    record = detail.record
    words = [ended(record), _trained(detail)]
    name = main_score(record)
    if name:
        words.append(f"; {name} {number(at_best(record)[name])}")
        epoch = best_epoch(detail)
        words.append(f" at the best checkpoint (epoch {epoch})" if epoch is not None else "")
    return "".join(words) + "."


def ended(record: RunRecord) -> str:
    """How a run ended, with the reason where that is not the same word."""
    status = {"FINISHED": "Finished", "RUNNING": "Still running"}.get(record.status)
    status = status or record.status.capitalize()
    reason = record.reason.strip()
    return status if reason.lower() in ("", record.status.lower()) else f"{status} ({reason})"


def number(value: float) -> str:
    """A metric as people read it."""
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def scores(detail: Detail) -> Table | None:
    """The metrics at the best checkpoint and at the end."""
    found = metrics(detail)
    signs = {"max": "higher", "min": "lower"}
    rows = [
        [
            one.name,
            "" if one.best is None else number(one.best),
            "" if one.last is None else number(one.last),
            signs.get(one.direction or "", ""),
        ]
        for one in found
    ]
    columns = ["metric", "best checkpoint", "end", "better is"]
    return Table(columns, rows) if rows else None


def changes(detail: Detail) -> Table | None:
    """What is not as the defaults have it."""
    rows = [[one.key, one.value, one.origin] for one in changed(detail)]
    return Table(["key", "value", "from"], rows) if rows else None


def environment(detail: Detail) -> Iterator[tuple[str, str]]:
    """Where it ran, with which code and data."""
    known = detail.environment
    for name in ("device", "cores", "threads", "platform", "python", "dlcli"):
        if known.get(name):
            yield name, str(known[name])
    packages = known.get("packages") or {}
    if packages:
        yield "packages", ", ".join(f"{name} {version}" for name, version in packages.items())
    if detail.commit:
        yield "commit", detail.commit + (" with uncommitted changes" if detail.dirty else "")
    if detail.fingerprint:
        yield "data fingerprint", detail.fingerprint


def recorded_commands(detail: Detail, commands: Sequence[str]) -> list[str]:
    """How it was made, as a shell takes it, and how to go on."""
    typed = words(detail.record.tags)
    if typed[:1] == ["train"] and not set(detail.overrides) <= set(typed):  # an older record
        typed = ["train", *detail.overrides, *allowed(detail.allow)]
    made = shlex.join(typed)
    if detail.kind == "sweep" and detail.overrides:
        name, options = ["--name", detail.record.name], allowed(detail.allow)
        made = shlex.join(["sweep", *detail.overrides, *name, *options, *tree(detail.config_dir)])
    return [*([f"dlcli {made}"] if made and detail.kind != "trial" else []), *commands]


def notes(detail: Detail) -> list[str]:
    """What this page cannot show."""
    here = detail.record.folder is not None
    absent = [] if here else ["Its folder is not here: curves, figures and files are missing."]
    return [*absent, *detail.damaged]


def shortened(diff: str) -> str:
    """A diff, not longer than anyone reads."""
    return diff if len(diff) <= LONGEST else f"{diff[:LONGEST]}\n… cut; whole in git.diff\n"


def when(seconds: float) -> str:
    """A moment, in the time zone of this machine."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def _trained(detail: Detail) -> str:
    done = epochs(detail)
    if done is None or detail.kind == "evaluate":
        return ""
    asked = detail.flat.get("trainer.max_epochs", "None")
    of = f" of {asked}" if asked not in ("None", "-1") else ""
    return f" after {done}{of} epochs"


def _facts(detail: Detail) -> Iterator[tuple[str, str]]:
    record, tags = detail.record, detail.record.tags
    yield "run", record.id
    for group in ("model", "data", "optimizer", "scheduler"):
        if detail.choices.get(group):
            yield group, str(detail.choices[group])
    for name, tag in (("seed", "dlcli.seed"), ("sweep", "dlcli.sweep"), ("split", "dlcli.split")):
        if tags.get(tag):
            yield name, tags[tag]
    if record.experiment:
        yield "experiment", record.experiment
    yield "started", when(record.started)
    if record.duration_s is not None:
        yield "took", duration(record.duration_s)


def _cost(detail: Detail) -> Facts:
    known = cost(detail)
    shown = [(label, scaled(known[name])) for name, label in COSTS.items() if name in known]
    took = known.get("duration_s", detail.record.duration_s)
    return [*shown, *([("duration", duration(took))] if took is not None else [])]


def _figures(detail: Detail, relatives: Family) -> Iterator[Picture]:
    if detail.artifacts is not None:
        yield from figures(detail.artifacts)
    for one in relatives.others[-MOST_EVALUATIONS:]:
        if one.folder is not None:
            yield from figures(one.folder / "artifacts", one.name)

"""The page of one run, for a person."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.cli.age import age, span
from dlcli.cli.page import (
    INDENT,
    NARROWEST,
    print_facts,
    print_lines,
    print_section,
    print_title,
    size,
    width,
)
from dlcli.cli.show_relatives import print_relatives
from dlcli.comparison.best import best_epoch, cost, epochs, metrics
from dlcli.comparison.changed import changed
from dlcli.comparison.scores import at_best, main_score

if TYPE_CHECKING:
    from dlcli.comparison.detail import Detail
    from dlcli.comparison.family import Family

SHORT = 12  # characters of a hash that tell it from all others
# How the figures of cost are called, and their units.
COSTS = {
    "params": ("parameters", "{:,.0f} trainable"),
    "flops": ("FLOPs", "{:,.0f} in a forward pass of one example"),
    "samples_per_second": ("speed", "{:,.0f} training samples a second"),
    "peak_memory_mb": ("peak memory", "{:,.0f} MB"),
}
DURATION = "duration_s"
LONGEST = 240  # characters of what the data looks like


def print_page(detail: Detail, relatives: Family, steps: Sequence[str]) -> None:
    """Print everything that is recorded of a run; what is asked for most is at the end.

    Args:
        detail: of the run.
        relatives: its sweep or trials.
        steps: commands to go on with.
    """
    print_title(_headline(detail))
    print_facts(list(_identity(detail)))
    _print_configuration(detail)
    print_section("environment", list(_environment(detail)))
    print_section("code and data", list(_origin(detail)))
    print_lines("files", list(_files(detail)))
    print_section("cost", list(_cost(detail)))
    _print_metrics(detail)
    print_relatives(detail, relatives)
    print_lines("to go on:", steps)


def _headline(detail: Detail) -> str:
    """Name, how it ended, and the score that tells most."""
    record = detail.record
    words = [record.name or record.id, record.status.lower()]
    if name := main_score(record):
        words.append(f"{name} {output.number(at_best(record)[name])}")
    return "  ".join(words)


def _identity(detail: Detail) -> Iterator[tuple[str, str]]:
    record, tags = detail.record, detail.record.tags
    yield "id", record.id
    yield "kind", _kind(detail)
    yield "reason", record.reason
    yield "command", f"dlcli {tags['dlcli.command']}" if tags.get("dlcli.command") else ""
    yield "started", f"{_date(record.started)}, {age(time.time() - record.started)}"
    yield "took", span(record.duration_s)
    yield "owner", _owner(detail)
    yield "epochs", _epochs(detail)
    yield "checkpoint", tags.get("dlcli.checkpoint", "")
    yield "overrides", tags.get("dlcli.overrides", "")
    yield "other data", tags.get("dlcli.other_data", "")
    yield "views", tags.get("dlcli.tta", "")
    yield "resumed", f"from {tags['dlcli.resumed_from']}" if "dlcli.resumed_from" in tags else ""
    yield "verdict", tags.get("dlcli.reproduced", "")
    where = output.shortened(record.folder) if record.folder else "not here; recorded elsewhere"
    yield "folder", where


def _kind(detail: Detail) -> str:
    tags = detail.record.tags
    words = [detail.kind or "of another program"]
    if sweep := tags.get("dlcli.sweep"):
        number = tags.get("dlcli.trial")
        words.append(f"{number} of the sweep {sweep}" if number else sweep)
    if split := tags.get("dlcli.split"):
        words.append(f"on {split}")
    experiment = detail.record.experiment
    return " ".join(words) + (f", experiment {experiment}" if experiment else "")


def _owner(detail: Detail) -> str:
    """Which process is at work on it; "" where none is."""
    record = detail.record
    if record.status != "RUNNING" or record.folder is None:
        return ""
    from dlcli.tracking.folder import RunFolder

    owner = RunFolder(record.folder.parent.parent, record.id).owner
    return str(owner) if owner else ""


def _epochs(detail: Detail) -> str:
    done, best = epochs(detail), best_epoch(detail)
    if done is None:
        return ""
    asked = detail.flat.get("trainer.max_epochs", "None")
    words = f"{done} of {asked}" if asked not in ("None", "-1") else str(done)
    return words + (f", the best was {best}" if best is not None else "")


def _print_configuration(detail: Detail) -> None:
    rows = [[f"  {one.key}", one.value, one.origin] for one in changed(detail)]
    if rows:
        print()
        print_title("changed from the defaults")
        output.print_table(["  key", "value", "from"], rows)
    elif detail.config:
        print_lines("changed from the defaults", ["nothing"])
    if detail.config:
        print_lines("configuration", _yaml(detail))
    elif detail.flat:
        print_section("parameters", sorted(detail.flat.items()))


def _yaml(detail: Detail) -> list[str]:
    """The whole configuration, with where each value was written."""
    from dlcli.config.compose import Config
    from dlcli.config.show import show

    config = Config(
        dict(detail.config),
        dict(detail.origins),
        tuple(detail.overrides),
        dict(detail.choices),
        tuple(detail.allow),
    )
    return _fitted(show(config).splitlines())


def _fitted(lines: Sequence[str]) -> list[str]:
    """The same lines, what stands behind them moved to the left in a terminal too narrow."""
    limit = width()
    if limit is None or max(map(len, lines), default=0) + len(INDENT) <= limit:
        return list(lines)
    parts = [line.rpartition("  # ") if "  # " in line else (line, "", "") for line in lines]
    longest = max(len(origin) for _, _, origin in parts)
    column = max(limit - longest - len(INDENT) - 4, NARROWEST)
    return [
        f"{text.rstrip():<{column}}  # {origin}" if sign else text for text, sign, origin in parts
    ]


def _environment(detail: Detail) -> Iterator[tuple[str, str]]:
    known = detail.environment
    for name in ("device", "cores", "threads", "platform", "python", "dlcli"):
        yield name, str(known.get(name, ""))
    packages = known.get("packages") or {}
    yield "packages", ", ".join(f"{name} {version}" for name, version in packages.items())


def _origin(detail: Detail) -> Iterator[tuple[str, str]]:
    tags = detail.record.tags
    yield "commit", _commit(detail)
    yield "seed", tags.get("dlcli.seed", "")
    yield "data", detail.choices.get("data", "")
    yield "fingerprint", detail.fingerprint[:SHORT]
    spec = tags.get("dlcli.data.spec", "")
    yield "looks like", spec if len(spec) <= LONGEST else f"{spec[:LONGEST]}…"
    yield "net from", tags.get("dlcli.init_from", "")


def _commit(detail: Detail) -> str:
    if detail.commit is None:
        return "none: not in a git repository" if detail.kind == "train" else ""
    short = detail.commit[:SHORT]
    if detail.dirty is None:
        return short
    if not detail.dirty:
        return f"{short}, all committed"
    if not detail.diff:
        return f"{short}, not all committed; the changes are not here"
    lines = sum(line.startswith(("+", "-")) for line in detail.diff.splitlines())
    return f"{short}, not all committed: about {lines} lines changed, in git.diff"


def _files(detail: Detail) -> Iterator[str]:
    sizes = [size(one.size) for one in detail.files]
    wide = max(map(len, sizes), default=0)
    roles = {f"checkpoints/{one.path.name}": one.role for one in detail.checkpoints}
    for file, text in zip(detail.files, sizes, strict=True):
        role = f"  ({roles.pop(file.name)})" if file.name in roles else ""
        yield f"{text:>{wide}}  {file.name}{role}"
    for name, role in roles.items():
        yield f"{'missing':>{wide}}  {name}  ({role})"


def _cost(detail: Detail) -> Iterator[tuple[str, str]]:
    known = cost(detail)
    for name, (label, form) in COSTS.items():
        if name in known:
            yield label, form.format(known[name])
    if DURATION in known:
        yield "at work", span(known[DURATION])


def _print_metrics(detail: Detail) -> None:
    found = metrics(detail)
    if not found:
        return
    best = best_epoch(detail)
    heading = "measured" if detail.kind in ("evaluate", "sweep") else "best checkpoint"
    heading += f" (epoch {best})" if best is not None and detail.kind != "evaluate" else ""
    rows = [[f"  {one.name}", *map(_number, (one.best, one.last)), _arrow(one)] for one in found]
    table = [["  metric", heading, "last", "better"], *rows]
    columns = [column for column in zip(*table, strict=True) if any(column[1:])]
    print()
    print_title("metrics")
    first, *others = zip(*columns, strict=True)
    output.print_table(first, others)


def _arrow(metric: object) -> str:
    return {"max": "higher", "min": "lower"}.get(getattr(metric, "direction", None) or "", "")


def _number(value: float | None) -> str:
    return "" if value is None else output.number(value)


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))

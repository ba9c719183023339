"""The runs that a run belongs to, on its page: the trials of a sweep, what was evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlcli.cli import output
from dlcli.cli.age import span
from dlcli.cli.page import print_section, print_title
from dlcli.comparison.family import best_first
from dlcli.comparison.scores import at_best, main_score
from dlcli.tracking.ranking import score
from dlcli.tracking.run_record import CHOICE

if TYPE_CHECKING:
    from dlcli.comparison.detail import Detail
    from dlcli.comparison.family import Family
    from dlcli.tracking.run_record import RunRecord

SHOWN = 10  # trials on the page of their sweep


def print_relatives(detail: Detail, relatives: Family) -> None:
    """Print what the run is a part of, what a sweep came to, and what was made from the run."""
    parent, lost = relatives.parent, relatives.parent_id
    if parent is not None:
        print_section("belongs to", [(parent.name, _line(parent))])
    elif lost:
        print_section("belongs to", [(lost, "not recorded here")])
    if detail.kind == "sweep":
        _print_sweep(detail, relatives.trials)
    if relatives.original is not None:
        print_section("reproduces", [(relatives.original.name, _line(relatives.original))])
    print_section("evaluated together", [(one.name, _line(one)) for one in relatives.members])
    print_section("made from it", [(one.name, _line(one)) for one in relatives.others])
    print_section("reproduced by", [(one.name, _line(one)) for one in relatives.reproductions])


def _line(record: RunRecord) -> str:
    """Another run in one line."""
    verdict = record.tags.get("dlcli.reproduced", "")
    words = [record.id[:8], record.tags.get("dlcli.kind", ""), record.status.lower(), verdict]
    if name := main_score(record):
        words.append(f"{name} {output.number(at_best(record)[name])}")
    return "  ".join(word for word in words if word)


def _print_sweep(detail: Detail, trials: Sequence[RunRecord]) -> None:
    tags = detail.record.tags
    facts = [
        ("objective", tags.get("dlcli.objective", "")),
        ("search", tags.get("dlcli.search", "")),
        ("space", tags.get("dlcli.space", "")),
        ("trials", _counts(trials)),
        ("best", tags.get("dlcli.best.run_id", "")[:12]),
    ]
    print_section("sweep", facts)
    ranked = best_first(trials, detail.record)
    if not ranked:
        return
    metrics = [name.strip() for name in tags.get("dlcli.objective", "").split(",") if name.strip()]
    keys = _searched(detail, trials)
    rows = [
        [
            f"  {one.tags.get('dlcli.trial', one.name)}",
            one.id[:8],
            _ended(one),
            span(one.duration_s),
            *(_number(one, metric) for metric in metrics),
            *(_value(one, key) for key in keys),
        ]
        for one in ranked[:SHOWN]
    ]
    print()
    print_title("trials, the best first" if len(ranked) <= SHOWN else f"the best {SHOWN} trials")
    columns = ["  trial", "id", "status", "took", *metrics, *keys]
    output.print_table(columns, rows, ["took", "status", *reversed(keys), "id"])


def _counts(trials: Sequence[RunRecord]) -> str:
    counts: dict[str, int] = {}
    for one in trials:
        how = _ended(one)
        counts[how] = counts.get(how, 0) + 1
    told = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    return f"{len(trials)}: {told}" if trials else ""


def _ended(record: RunRecord) -> str:
    return "pruned" if record.reason.startswith("pruned") else record.status.lower()


def _searched(detail: Detail, trials: Sequence[RunRecord]) -> list[str]:
    """The keys that were searched and of which a trial has a value."""
    space = detail.record.tags.get("dlcli.space", "")
    keys = [part.partition(":")[0].strip() for part in space.split(";")]
    return [key for key in keys if any(_value(one, key) for one in trials)]


def _value(record: RunRecord, key: str) -> str:
    """What a trial has at a key, or the option of a group."""
    text = record.params.get(key, record.tags.get(f"{CHOICE}{key}", ""))
    try:
        return output.number(float(text)) if "." in text or "e" in text else text
    except ValueError:
        return text


def _number(record: RunRecord, metric: str) -> str:
    value = score(record, metric)
    return "" if value is None else output.number(value)

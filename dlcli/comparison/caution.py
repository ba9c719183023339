"""Why the numbers of runs side by side may not be comparable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlcli.comparison.groups import SEVERAL, Group
from dlcli.config.suggest import listing


def cautions(groups: Sequence[Group]) -> list[str]:
    """A line for each reason to be careful with a comparison of rows."""
    return [line for line in (_data(groups), _device(groups), *_rows(groups)) if line]


def _data(groups: Sequence[Group]) -> str:
    entries = [entry for group in groups for entry in group.entries]
    names = _found(entry.choices.get("data", "") for entry in entries)
    targets = _found(entry.target for entry in entries)
    prints = _found(entry.fingerprint for entry in entries)
    if len(names) > 1:
        return f"the runs are of different data sets ({listing(names)}): scores are not comparable"
    if len(targets) > 1:
        return f"the runs have different targets ({listing(targets)}): scores are not comparable"
    if len(prints) > 1:
        named = f" {names[0]}" if names else ""
        return (
            f"the data{named} is not the same in all runs (it has {len(prints)} fingerprints): "
            "scores are not comparable"
        )
    return ""


def _device(groups: Sequence[Group]) -> str:
    tags = (entry.source.tags for group in groups for entry in group.entries)
    devices = _found(each.get("dlcli.device", "") for each in tags)
    if len(devices) < 2:
        return ""
    return (
        f"the runs were made on different devices ({listing(devices)}): "
        "samples/s, duration and memory are not comparable"
    )


def _rows(groups: Sequence[Group]) -> list[str]:
    """What is said of single rows."""
    lines = []
    for group in groups:
        if group.repeats:
            names = listing(f"{one.record.name} ({one.record.id[:8]})" for one in group.repeats)
            lines.append(
                f"{group.name}: a seed counts once, by its newest run; {names} left out "
                "(--seeds apart shows all)"
            )
        if group.settings.get("code") == SEVERAL:
            lines.append(f"{group.name}: runs of several states of the code are in one row")
    return lines


def _found(texts: Iterable[str]) -> list[str]:
    return sorted({text for text in texts if text})

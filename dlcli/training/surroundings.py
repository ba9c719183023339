"""What is not as it was when a run was recorded: packages, device, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXPECT = "so the numbers cannot be the same to the bit; expect WITHIN NOISE"


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two environments, a line each.

    Args:
        before: as ``environment_now`` gave it to the run; empty where it is not known.
        now: the same of this process.
    """
    if not before:
        return ["environment: the run's record of it is gone, so it is not compared"]
    found = [
        f"{name}: {before[name]}, now {now[name]}"
        for name in ("python", "platform", "dlcli")
        if before.get(name) and before[name] != now[name]
    ]
    old, new = before.get("packages", {}), now.get("packages", {})
    found += [
        f"{name}: {old.get(name, 'absent')}, now {new.get(name, 'absent')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    if before.get("device") and before["device"] != now["device"]:
        found.append(f"device: {before['device']}, now {now['device']}, {EXPECT}")
    return found


def computing(recorded: Mapping[str, Any], now: Mapping[str, Any], gpu: bool) -> list[str]:
    """What of the trainer makes another order of sums, a line each.

    Args:
        recorded: the run's node ``trainer``.
        now: the reproduction's.
        gpu: whether it trains on a GPU.
    """
    found = [
        f"trainer.{name}: {recorded.get(name)}, now {now.get(name)}, {EXPECT}"
        for name in ("accelerator", "devices", "precision", "strategy")
        if recorded.get(name) != now.get(name)
    ]
    if gpu and not now.get("deterministic"):
        found.append(
            "trainer.deterministic: not set, and on a GPU some sums are then added in another "
            "order each time; expect REPRODUCED or WITHIN NOISE"
        )
    return found

"""Whether an evaluation measures on the data that its run knew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pytorch_lightning import LightningDataModule

Split = Literal["train", "val", "test"]

# What picks the examples of a split that is a share of the training set.
SHARES = ("seed", "val_fraction", "test_fraction")


def differences(
    checkpoint: Mapping[str, Any],
    data: LightningDataModule,
    split: Split,
    changes: Sequence[str] = (),
) -> list[str]:
    """Why the metrics may not be those of the run: its data has changed since.

    A training set that is gone has not changed, and data that the caller names is meant.

    Args:
        checkpoint: of the run.
        data: what is evaluated on, set up.
        split: of it.
        changes: the caller's, of the run's configuration.
    """
    facts = checkpoint.get("dlcli", {})
    before, now = facts.get("fitted", {}), getattr(data, "fitted", {})
    if "sets" not in before or "sets" not in now:
        whole = str(getattr(data, "fingerprint", ""))
        return changed("it", facts.get("fingerprint", ""), whole)
    found = changed("it", before["sets"]["train"], now["sets"].get("train"))
    if split != "train" and not names_data(changes, split):
        found += changed(f"the {split} set", before["sets"].get(split, ""), now["sets"].get(split))
    if split not in now["sets"]:
        found += shared_otherwise(split, before["partition"], now["partition"])
    return found


def changed(what: str, before: str, now: str | None) -> list[str]:
    """That a fingerprint is another one; nothing where one of them is not known."""
    if not before or now is None or before == now:
        return []
    return [
        f"data: {what} has changed since the run was trained (fingerprint {before[:12]}, now "
        f"{now[:12]}), so these are not the metrics of the data it was trained on"
    ]


def shared_otherwise(split: Split, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """That a split is not the share of the training set that it was."""
    names = [name for name in SHARES if before[name] != now[name]]
    if not names:
        return []
    what = ", ".join(f"data.{name} was {before[name]}, now {now[name]}" for name in names)
    return [
        f"data: it is shared out otherwise than in the training ({what}), so the {split} split "
        "has examples that were trained on"
    ]


def names_data(changes: Sequence[str], split: Split) -> bool:
    """Whether a caller's change names the data of a split."""
    keys = {change.lstrip("+~").partition("=")[0] for change in changes}
    return not keys.isdisjoint((f"data.{split}", "data.root"))

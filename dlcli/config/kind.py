"""What kind of object each group builds, known by the class it must descend from."""

from __future__ import annotations

import ast

from dlcli.config.annotation import absolute
from dlcli.config.modules import Symbol, Unknown, Unreadable, resolve

# By the full names of their definitions.
KINDS = {
    "callbacks": "pytorch_lightning.callbacks.callback.Callback",
    "data": "pytorch_lightning.core.datamodule.LightningDataModule",
    "model": "pytorch_lightning.core.module.LightningModule",
    "optimizer": "torch.optim.optimizer.Optimizer",
    "trainer": "pytorch_lightning.trainer.trainer.Trainer",
}
# What reading could not follow.
UNREAD = "?"
MAX_DEPTH = 20


def kind(key: str) -> str | None:
    """Return the class that the node at a dotted key must be one of, None for any."""
    group, _, rest = key.partition(".")
    return KINDS.get(group) if bool(rest) == (group == "callbacks") and "." not in rest else None


def ancestors(symbol: Symbol, depth: int = 0) -> tuple[str, ...]:
    """Return a class and all that it descends from, no further than the kinds of the groups."""
    if symbol.name in KINDS.values() or not isinstance(symbol.node, ast.ClassDef):
        return (symbol.name,)
    found = [symbol.name]
    for base in symbol.node.bases:
        expression = base.value if isinstance(base, ast.Subscript) else base
        found += _of_base(absolute(symbol.module, expression), depth)
    return tuple(dict.fromkeys(found))


def _of_base(name: str | None, depth: int) -> tuple[str, ...]:
    if name is None or depth > MAX_DEPTH:
        return (UNREAD,)
    try:
        return ancestors(resolve(name), depth + 1)
    except (Unknown, Unreadable):
        known = name.rpartition(".")[2] in ("object", "ABC", "Generic", "Protocol")
        return () if known else (UNREAD,)


def is_of_kind(names: tuple[str, ...], wanted: str) -> bool:
    """Tell whether a class may be of a kind: it descends from it, or reading does not tell."""
    return wanted in names or UNREAD in names

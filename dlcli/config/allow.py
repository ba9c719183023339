"""Which code a configuration may name as a ``_target_``; decided before any of it is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence

# Everything below these names may run ...
PREFIXES = (
    "dlcli.data",
    "dlcli.models",
    "dlcli.nets",
    "dlcli.training",
    "dlcli.tracking.settings",
    "dlcli.config.settings",
    "dlcli.search.settings",
    "optuna.pruners",
    "optuna.samplers",
    "pytorch_lightning.callbacks",
    "pytorch_lightning.loggers",
    "torch.nn",
    "torch.optim",
    "torchmetrics",
    "torchvision.models",
    "torchvision.transforms",
)
# ... and these names themselves.
NAMES = ("pytorch_lightning.Trainer",)


def refusal(target: str, allow: Sequence[str]) -> str | None:
    """Return why a target's written name may not run, or None where it may."""
    parts = target.split(".")
    if not all(part.isidentifier() for part in parts):
        return "not a dotted name"
    if is_below(target, allow):
        return None
    if target in NAMES or (is_below(target, PREFIXES) and not _is_private(parts)):
        return None
    if parts[0] in sys.stdlib_module_names:
        return f"{target} may not run: it is Python's own"
    if _is_known_top(parts[0]):
        return f"{target} may not run: it is outside the allowed parts of {parts[0]}"
    return f'{target} may not run; for a package of your own: [tool.dlcli] allow = ["{parts[0]}"]'


def definition_refusal(target: str, definition: str, allow: Sequence[str]) -> str | None:
    """Return why the definition that an allowed name leads to may not run, or None."""
    same_top = target.partition(".")[0] == definition.partition(".")[0]
    exact_or_own = target in NAMES or is_below(target, allow)
    if (same_top and exact_or_own) or is_below(definition, [*PREFIXES, *allow]):
        return None
    return f"{target} may not run: it is {definition}, from outside"


def is_below(name: str, prefixes: Sequence[str]) -> bool:
    """Tell whether a dotted name lies below one of the prefixes, by whole parts."""
    return any(name.startswith(f"{prefix}.") for prefix in prefixes)


def _is_private(parts: list[str]) -> bool:
    return any(part.startswith("_") for part in parts)


def _is_known_top(top: str) -> bool:
    return any(prefix.partition(".")[0] == top for prefix in (*PREFIXES, *NAMES))

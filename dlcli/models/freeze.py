"""Modules of a net that keep their weights while the rest is trained."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from torch import nn

from dlcli.errors import ConfigError


def frozen_modules(net: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    """Freeze the modules of these names, with all that is in them.

    Raises:
        ConfigError: if there is no such module, or nothing is left to train.
    """
    known = {name: module for name, module in net.named_modules() if name}
    problems = [unknown(name, list(known)) for name in names if name not in known]
    if problems:
        raise ConfigError(problems)
    frozen = [known[name] for name in names]
    for module in frozen:
        module.requires_grad_(False)
    if names and not any(parameter.requires_grad for parameter in net.parameters()):
        raise ConfigError(f"model.freeze: {', '.join(names)} leave nothing of the net to train")
    return frozen


def unknown(name: str, known: Sequence[str]) -> str:
    """What to say of a name that no module has: the nearest, or those at the top."""
    close = difflib.get_close_matches(name, known, n=2)
    top = ", ".join(other for other in known if "." not in other)
    hint = f"did you mean {' or '.join(close)}?" if close else f"its modules are {top}"
    return f"model.freeze: the net has no module {name!r}; {hint}"

"""Train, search, evaluate and compare deep-learning experiments from the command line.

In a notebook: `dlcli.runs` and `dlcli.compare` give the recorded runs as tables, `dlcli.load` a
trained model.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# What is there for notebooks, and where: imported when it is first asked for, as it takes a while.
_LATER = {
    "runs": "dlcli.notebook",
    "compare": "dlcli.notebook",
    "load": "dlcli.notebook",
}

__all__ = ["__version__", "compare", "load", "runs"]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'dlcli' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})

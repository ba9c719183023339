"""MLflow's own parser of filters, without the rest of MLflow, whose import takes seconds."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from types import ModuleType
from typing import Any

MODULE = "mlflow.utils.search_utils"


@cache
def search_utils() -> Any:
    """MLflow's ``SearchUtils``, which parses filters and matches runs."""
    if "mlflow" not in sys.modules and (found := _alone()) is not None:
        return found
    return importlib.import_module(MODULE).SearchUtils


def _alone() -> Any:
    """The same, imported in an empty package in place of MLflow; None where it needs the whole."""
    spec = importlib.util.find_spec("mlflow")
    if spec is None:
        return None
    package = ModuleType("mlflow")
    package.__path__ = list(spec.submodule_search_locations or [])
    sys.modules["mlflow"] = package
    try:
        return importlib.import_module(MODULE).SearchUtils
    except (ImportError, AttributeError):  # another version, that asks its package for something
        return None
    finally:
        # whoever imports MLflow after this gets all of it
        for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
            del sys.modules[name]

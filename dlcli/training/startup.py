"""Import Lightning without what a run does not use, as imports are most of a short run's time.

Lightning asks torchmetrics for two classes; torchmetrics' own ``__init__`` then imports
torchvision, scipy.signal and every metric there is, about a third of the whole start. Here that
``__init__`` is put off until somebody asks for a name that only it defines, so user code that says
``from torchmetrics import Accuracy`` gets the real one.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from types import ModuleType
from typing import Any

from dlcli.training.compiler import defer_compiler

# The names that Lightning needs, and the submodules that define them.
_HOMES = {"Metric": "torchmetrics.metric", "MetricCollection": "torchmetrics.collections"}

# Warnings about Lightning's own code, or about what is on purpose here.
_NOISE = (
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",
    r"The number of training batches .* is smaller than the logging interval",
    r"The `srun` command is available on your system but is not used",
)


_FORMAT = warnings.formatwarning

# What the process that trials are forked from is to import, which data it is to read, and whether
# it may train.
WARM_MODULES = "DLCLI_WARM"
WARM_DATA = "DLCLI_WARM_DATA"
WARM_PRACTICE = "DLCLI_WARM_PRACTICE"


class _DeferredPackage(ModuleType):
    """A package whose ``__init__`` runs when a name is asked for that no submodule is known for."""

    def __getattr__(self, name: str) -> Any:
        if name in _HOMES:
            # `torchmetrics.metric` and `.utilities` import each other; this order works.
            importlib.import_module("torchmetrics.utilities")
            return getattr(importlib.import_module(_HOMES[name]), name)
        if name.startswith("__"):
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def defer_torchmetrics() -> None:
    """Put off torchmetrics' ``__init__``; does nothing where it is imported already."""
    spec = importlib.util.find_spec("torchmetrics")
    if spec is None or "torchmetrics" in sys.modules:
        return
    package = importlib.util.module_from_spec(spec)
    package.__class__ = _DeferredPackage
    package.__dict__["__version__"] = version("torchmetrics")
    package.__dict__["_logger"] = logging.getLogger("torchmetrics")
    sys.modules["torchmetrics"] = package


def import_lightning() -> None:
    """Import torch and Lightning the quick way."""
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")  # Lightning's finders draw bars with it
    defer_torchmetrics()
    defer_compiler()
    importlib.import_module("pytorch_lightning")
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in _NOISE:
        warnings.filterwarnings("ignore", message=message)
    warnings.formatwarning = _for_a_person


def _for_a_person(message: Any, category: type[Warning], *place: Any, **line: Any) -> str:
    """A warning without the line of the code that gave it, unless it is for those who write it."""
    if issubclass(category, UserWarning):
        return f"warning: {message}\n"
    return _FORMAT(message, category, *place, **line)


def warm_up_for(
    values: Mapping[str, Any], allow: Sequence[str] = (), practice: bool = False
) -> dict[str, str]:
    """The environment that has ``dlcli.training.warm`` prepare what trials will use.

    Args:
        values: of a configuration; trials are most like it.
        allow: packages of the user's own whose code may run; that code is left to the trials.
        practice: whether to train a little first; not where there is a GPU.
    """
    modules = dict.fromkeys(target.rpartition(".")[0] for target in targets(values))
    packaged = [name for name in modules if name.startswith("dlcli.")]
    environment = {WARM_MODULES: ":".join(packaged), WARM_PRACTICE: "1" if practice else ""}
    if str(values["data"].get("_target_")).startswith("dlcli."):
        environment[WARM_DATA] = json.dumps({"node": values["data"], "allow": list(allow)})
    return environment


def targets(value: Any) -> Iterator[str]:
    """What the nodes of a configuration name, those within others too."""
    if isinstance(value, Mapping):
        if "_target_" in value:
            yield str(value["_target_"])
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from targets(item)

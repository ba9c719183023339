"""torch's compiler, imported only when something is to be compiled: it takes longer than Lightning.

Lightning imports ``torch._dynamo`` for one class, to tell compiled modules from others, and every
optimizer of torch for two functions that only mean something while code is being compiled. A
package of the same name that knows these three stands in for it, until somebody wants more of it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.util
import sys
import threading
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import Any

NAME = "torch._dynamo"
KEPT = "__dynamo_disable"  # where torch keeps what `disable` returned for a function


class _Kind(type):
    """Knows what the real class knows."""

    def __instancecheck__(cls, instance: Any) -> bool:
        defined_in = sys.modules.get(f"{NAME}.eval_frame")  # nothing is compiled before that
        return defined_in is not None and isinstance(instance, defined_in.OptimizedModule)


class OptimizedModule(metaclass=_Kind):
    """What torch makes of a module that it compiles; for a look at the kind of one alone."""


class Deferred(ModuleType):
    """``torch._dynamo``, of which nothing has been imported yet.

    Args:
        spec: of the real one.
    """

    OptimizedModule = OptimizedModule

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name, "Stands in for torch's compiler until it is needed.")
        self.__spec__ = spec
        self.__file__ = spec.origin
        self.__path__ = list(spec.submodule_search_locations or ())
        self._lock = threading.Lock()
        self._once_real: list[Callable[[ModuleType], object]] = []

    def disable(
        self, fn: Any = None, recursive: bool = True, *, wrapping: bool = True, **kwargs: Any
    ) -> Any:
        """A function as it is, for as long as nothing is compiled; then what the real one makes.

        Args:
            wrapping: false where torch asks for a function of its own. It keeps the answer, and
                asks again once that is gone.
        """
        if not isinstance(fn, FunctionType):
            return self._real().disable(fn, recursive, wrapping=wrapping, **kwargs)
        if not wrapping:
            self._once_real.append(lambda real: vars(fn).pop(KEPT, None))
            return fn
        chosen = fn

        @functools.wraps(fn)
        def disabled(*args: Any, **kwargs: Any) -> Any:
            return chosen(*args, **kwargs)

        def choose(real: ModuleType) -> None:
            nonlocal chosen
            chosen = real.disable(fn, recursive, **kwargs)

        self._once_real.append(choose)
        return disabled

    @staticmethod
    def graph_break(*args: Any, **kwargs: Any) -> None:
        """Nothing: there is no graph."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {NAME!r} has no attribute {name!r}")
        return getattr(self._real(), name)

    def _real(self) -> ModuleType:
        """The package itself, which takes this one's place."""
        with self._lock:
            if sys.modules.get(NAME) is self:
                del sys.modules[NAME]
                del sys.modules["torch"]._dynamo  # torch finds the real one by itself
                sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _Finder)]
        real = importlib.import_module(NAME)
        while self._once_real and _whole(real):
            self._once_real.pop()(real)
        return real


def _whole(module: ModuleType) -> bool:
    """Whether a module is imported, and not just being so."""
    return not getattr(module.__spec__, "_initializing", False)


class _Finder(importlib.abc.MetaPathFinder):
    """Has the whole package imported where somebody imports a part of it."""

    def __init__(self, deferred: Deferred) -> None:
        self._deferred = deferred

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if not name.startswith(f"{NAME}."):
            return None
        self._deferred._real()
        module = sys.modules.get(name)
        if module is None:
            return None
        spec = importlib.util.spec_from_loader(name, _Loaded(module))
        module.__spec__ = spec  # what the import system goes by where a module is there already
        return spec


class _Loaded(importlib.abc.Loader):
    """Loads what is loaded."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def defer_compiler() -> None:
    """Put off the import of torch's compiler; does nothing where it is imported already."""
    torch = importlib.import_module("torch")
    spec = importlib.util.find_spec(NAME)
    if spec is None or NAME in sys.modules:
        return
    deferred = Deferred(spec)
    sys.modules[NAME] = deferred
    sys.meta_path.insert(0, _Finder(deferred))
    torch._dynamo = deferred  # type: ignore[attr-defined]

"""Find the source of a dotted name by reading files, without importing anything."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
# Re-exports of re-exports; a longer chain is a circle.
MAX_HOPS = 12

_read_files: set[Path] = set()


@dataclass(frozen=True)
class Module:
    """A module that is not imported: its dotted name, its file and its syntax tree."""

    name: str
    file: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that the module's relative imports start from."""
        return self.name if self.file.name == "__init__.py" else self.name.rpartition(".")[0]


@dataclass(frozen=True)
class Symbol:
    """A class or function, and the module that defines it."""

    module: Module
    node: Definition
    owner: ast.ClassDef | None = None

    @property
    def name(self) -> str:
        """The full dotted name of the definition."""
        owner = f"{self.owner.name}." if self.owner else ""
        return f"{self.module.name}.{owner}{self.node.name}"


class Unknown(Exception):
    """A dotted name that does not exist; ``choices`` are the names that stand in its place."""

    def __init__(self, parent: str, member: str, choices: list[str]) -> None:
        super().__init__(f"{parent} has no {member}")
        self.parent, self.member, self.choices = parent, member, choices


class Unreadable(Exception):
    """A name that reading cannot decide: compiled code, or made when the module runs."""


def resolve(target: str) -> Symbol:
    """Return the definition that a dotted name leads to, through re-exports.

    Raises:
        Unknown: there is no such module or member.
        Unreadable: the source does not tell.
    """
    parts = target.split(".")
    depth = _module_depth(parts)
    if depth == 0:
        raise Unknown("", parts[0], [])
    parent = ".".join(parts[:depth])
    if depth == len(parts):
        raise Unknown(parent, "class or function of that name", members(parent))
    symbol = lookup(load(parent), parts[depth])
    for member in parts[depth + 1 :]:
        symbol = _class_member(symbol, member)
    return symbol


def _module_depth(parts: list[str]) -> int:
    """Return how many leading parts of a dotted name are modules."""
    depth = 0
    while depth < len(parts) and find(".".join(parts[: depth + 1])) is not None:
        depth += 1
    return depth


@cache
def find(name: str) -> Path | None:
    """Return the file of a module (``__init__.py`` of a package), or None where there is none."""
    parent, _, last = name.rpartition(".")
    if not parent:
        return _find_top(name)
    file = find(parent)
    if file is None or file.name not in ("__init__.py", ""):
        return None
    return _find_in(file.parent, last)


def _find_top(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name) or PathFinder.find_spec(name, [str(Path.cwd())])
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.origin and spec.has_location:
        return Path(spec.origin)
    locations = list(spec.submodule_search_locations or ())
    return Path(locations[0]) / "__init__.py" if locations else None


def _find_in(folder: Path, name: str) -> Path | None:
    package, file = folder / name / "__init__.py", folder / f"{name}.py"
    if package.is_file() or ((folder / name).is_dir() and not file.is_file()):
        return package
    if file.is_file():
        return file
    return next(iter(sorted(folder.glob(f"{name}.*.so"))), None)


@contextmanager
def recording() -> Iterator[set[Path]]:
    """Collect the source files that are read in the block, also those parsed before."""
    _read_files.clear()
    yield _read_files


def load(name: str) -> Module:
    """Parse a module's source.

    Raises:
        Unknown: there is no such module.
        Unreadable: it is compiled, or no valid Python.
    """
    file = find(name)
    if file is None:
        raise Unknown(name.rpartition(".")[0], name.rpartition(".")[2], [])
    if file.suffix != ".py":
        raise Unreadable(name)
    _read_files.add(file)
    return _parse(name, file)


@cache
def _parse(name: str, file: Path) -> Module:
    try:
        # A folder without __init__.py is a package too, an empty one.
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return Module(name, file, ast.parse(text))
    except (OSError, SyntaxError, ValueError) as error:
        raise Unreadable(name) from error


def lookup(module: Module, name: str, hops: int = 0) -> Symbol:
    """Return the class or function that ``name`` stands for in a module.

    Raises:
        Unknown: the module does not define it; a module it imports is no member of it.
        Unreadable: it is made when the module runs.
    """
    if hops > MAX_HOPS:
        raise Unreadable(f"{module.name}.{name}")
    for node in statements(module.tree):
        if isinstance(node, Definition) and node.name == name:
            return Symbol(module, node)
        if isinstance(node, ast.ImportFrom) and (origin := imported_as(node, name)):
            return lookup(load(source_of(module, node)), origin, hops + 1)
    if (value := assigned(module, name)) is not None:
        return _follow(module, name, value, hops)
    return _lookup_star(module, name, hops)


def _follow(module: Module, name: str, value: ast.expr, hops: int) -> Symbol:
    if isinstance(value, ast.Name) and value.id != name:
        return lookup(module, value.id, hops + 1)
    raise Unreadable(f"{module.name}.{name}")


def _lookup_star(module: Module, name: str, hops: int) -> Symbol:
    for node in statements(module.tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            try:
                return lookup(load(source_of(module, node)), name, hops + 1)
            except Unknown:
                continue
    raise Unknown(module.name, name, members(module.name))


def imported_as(node: ast.ImportFrom, name: str) -> str | None:
    """Return the name under which a ``from … import`` statement found ``name``."""
    return next((a.name for a in node.names if (a.asname or a.name) == name), None)


def source_of(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that a ``from … import`` statement names."""
    if node.level == 0:
        return node.module or ""
    package = module.package.split(".")
    base = package[: len(package) - node.level + 1]
    return ".".join(base + ([node.module] if node.module else []))


def assigned(module: Module, name: str) -> ast.expr | None:
    """Return what a module assigns to ``name`` at its top level."""
    for node in statements(module.tree):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        else:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return node.value
    return None


def statements(tree: ast.Module) -> list[ast.stmt]:
    """Return a module's top-level statements, those under ``if``, ``try`` and ``with`` too."""
    found: list[ast.stmt] = []
    pending: list[ast.stmt] = list(reversed(tree.body))
    while pending:
        node = pending.pop()
        found.append(node)
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
            inner += [s for handler in getattr(node, "handlers", []) for s in handler.body]
            pending.extend(reversed(inner))
    return found


def members(name: str) -> list[str]:
    """Return the public names that a module defines or re-exports, for suggestions."""
    try:
        module = load(name)
    except (Unknown, Unreadable):
        return []
    names: list[str] = []
    for node in statements(module.tree):
        if isinstance(node, Definition):
            names.append(node.name)
        elif isinstance(node, ast.ImportFrom) and find(source_of(module, node)):
            names += [alias.asname or alias.name for alias in node.names]
    if module.file.name == "__init__.py":
        names += [file.stem for file in module.file.parent.glob("*.py")]
    return [name for name in dict.fromkeys(names) if not name.startswith("_") and name != "*"]


def _class_member(symbol: Symbol, member: str) -> Symbol:
    if not isinstance(symbol.node, ast.ClassDef):
        raise Unknown(symbol.name, member, [])
    methods = [node for node in symbol.node.body if isinstance(node, Definition)]
    for node in methods:
        if node.name == member:
            return Symbol(symbol.module, node, symbol.node)
    raise Unknown(symbol.name, member, [n.name for n in methods if not n.name.startswith("_")])

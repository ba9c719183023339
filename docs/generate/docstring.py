"""Classes, functions and their docstrings, read from the source without importing it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Definition = ast.ClassDef | ast.FunctionDef


@cache
def definitions(module: str) -> dict[str, Definition]:
    """The public classes and functions of a module of ``dlcli``, by name."""
    found = [node for node in _body(module) if isinstance(node, Definition)]
    return {node.name: node for node in found if not node.name.startswith("_")}


@cache
def _body(module: str) -> list[ast.stmt]:
    path = ROOT / f"{module.replace('.', '/')}.py"
    return ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []


@cache
def arguments(target: str) -> dict[str, str]:
    """What the docstring of a ``_target_`` says of its arguments, inherited ones too."""
    module, _, name = target.rpartition(".")
    node = definitions(module).get(name)
    if node is None:
        return {}
    inherited: dict[str, str] = {}
    for base in getattr(node, "bases", []):
        inherited |= arguments(_target_of(ast.unparse(base), module))
    return inherited | _args(ast.get_docstring(node) or "")


def _target_of(base: str, module: str) -> str:
    """The full name of a base class that is written in a module."""
    for node in _body(module):
        if isinstance(node, ast.ImportFrom) and base in {alias.name for alias in node.names}:
            return f"{node.module}.{base}"
    return f"{module}.{base}"


def _args(docstring: str) -> dict[str, str]:
    section = re.search(r"^Args:\n((?:[ ].*\n?|\n)*)", docstring, re.MULTILINE)
    if section is None:
        return {}
    entries = re.split(r"^    (?=\S)", section[1], flags=re.MULTILINE)
    pairs = [entry.partition(":") for entry in entries if ":" in entry]
    return {
        name.strip(): " ".join(text.split())
        for names, _, text in pairs
        for name in names.split(",")
        # stands for arguments that a base class has told of
        if not text.strip().startswith("and all that follow")
    }

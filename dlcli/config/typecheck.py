"""Tell whether a value of a configuration is of the type that a signature asks for."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from typing import Any

_SCALARS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,)}
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "None": "null",
    "Object": "a node with _target_",
    "list": "a list",
    "dict": "a mapping",
}


def mismatch(type_: str, value: Any) -> str | None:
    """Return what was expected in place of ``value``, or None where it is of the type.

    A node with ``_target_`` makes something that only running it can tell, so it always fits.
    """
    node = _parse(type_)
    return None if _fits(node, value) else expected(node)


@cache
def _parse(type_: str) -> ast.expr:
    return ast.parse(type_, mode="eval").body


def _fits(node: ast.expr, value: Any) -> bool:
    if isinstance(value, Mapping) and "_target_" in value:
        return True
    if isinstance(node, ast.BinOp):
        return _fits(node.left, value) or _fits(node.right, value)
    if isinstance(node, ast.Constant):
        return value is None
    if isinstance(node, ast.Name):
        return _fits_name(node.id, value)
    assert isinstance(node, ast.Subscript)
    return _fits_container(node, value)


def _fits_name(name: str, value: Any) -> bool:
    if name == "Any":
        return True
    if name == "bool" or isinstance(value, bool):
        return name == "bool" and isinstance(value, bool)
    return isinstance(value, _SCALARS.get(name, ()))


def _fits_container(node: ast.Subscript, value: Any) -> bool:
    head, arguments = _head(node), _arguments(node)
    if head == "Literal":
        choices = [ast.literal_eval(argument) for argument in arguments]
        return any(value == choice and type(value) is type(choice) for choice in choices)
    if head == "dict":
        if not isinstance(value, Mapping):
            return False
        return len(arguments) < 2 or all(_fits(arguments[1], item) for item in value.values())
    if not isinstance(value, (list, tuple)):
        return False
    if head == "tuple":
        return len(value) == len(arguments) and all(map(_fits, arguments, value))
    return all(_fits(arguments[0], item) for item in value)


def _head(node: ast.Subscript) -> str:
    assert isinstance(node.value, ast.Name)
    return node.value.id


def _arguments(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def expected(node: ast.expr) -> str:
    """Return a type in words: ``a whole number or null``."""
    words = list(dict.fromkeys(_words(node)))
    plain = [word for word in words if word != _WORDS["Object"]]
    return " or ".join(plain or words)


def choices(type_: str) -> list[str]:
    """Return the texts that a type lists as literals."""
    literals = [n for n in ast.walk(_parse(type_)) if isinstance(n, ast.Subscript)]
    values = [ast.literal_eval(a) for n in literals if _head(n) == "Literal" for a in _arguments(n)]
    return [value for value in values if isinstance(value, str)]


def _words(node: ast.expr) -> list[str]:
    if isinstance(node, ast.BinOp):
        return _words(node.left) + _words(node.right)
    if isinstance(node, ast.Constant):
        return [_WORDS["None"]]
    if isinstance(node, ast.Name):
        return [_WORDS.get(node.id, node.id)]
    assert isinstance(node, ast.Subscript)
    arguments = _arguments(node)
    if _head(node) == "Literal":
        return [_quoted(ast.literal_eval(argument)) for argument in arguments]
    if _head(node) == "tuple":
        return [f"a list of {len(arguments)}: {', '.join(map(expected, arguments))}"]
    inner = expected(arguments[-1])
    return [_WORDS[_head(node)] + ("" if inner == "Any" else f" of {_plural(inner)}")]


def _plural(words: str) -> str:
    plurals = {"a whole number": "whole numbers", "a number": "numbers", "text": "texts"}
    return plurals.get(words, words)


def _quoted(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)

"""Write an annotation in the few types that a configuration can hold.

The result is a Python expression of ``int float bool str None list[] tuple[] dict[] Literal[] |``,
of ``Object`` (only a ``_target_`` can make one) and of ``Any`` (reading does not tell).
"""

from __future__ import annotations

import ast

from dlcli.config.modules import (
    MAX_HOPS,
    Module,
    Unknown,
    Unreadable,
    assigned,
    find,
    imported_as,
    load,
    source_of,
    statements,
)

_PLAIN = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "None": "None",
    "Path": "str",
    "PathLike": "str",
    "Number": "int | float",
    "list": "list[Any]",
    "List": "list[Any]",
    "Sequence": "list[Any]",
    "Iterable": "list[Any]",
    "tuple": "list[Any]",
    "Tuple": "list[Any]",
    "dict": "dict[Any, Any]",
    "Dict": "dict[Any, Any]",
    "Mapping": "dict[Any, Any]",
    "Callable": "Object",
    "Tensor": "Object",
    "Module": "Object",
    "Optimizer": "Object",
    "timedelta": "Object",
    "type": "Object",
    "Type": "Object",
    "Any": "Any",
    "object": "Any",
}
_SEQUENCES = {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "Set", "set"}
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping"}
_OBJECTS = {"Callable", "type", "Type", "Iterator", "Generator", "DataLoader", "Dataset"}
_WRAPPERS = {"Annotated", "Final", "ClassVar", "Required", "NotRequired"}
# Values of these classes can stand in a configuration as text or as a mapping.
_OPEN_BASES = {"StrAlias", "Protocol", "TypedDict", "NamedTuple"}


def describe(module: Module, node: ast.expr | None, hops: int = 0) -> str:
    """Return the type that an annotation of the given module stands for."""
    if node is None or hops > MAX_HOPS:
        return "Any"
    if isinstance(node, ast.Constant):
        return _constant(module, node, hops)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return union([describe(module, node.left, hops), describe(module, node.right, hops)])
    if isinstance(node, ast.Subscript):
        return _subscript(module, node, hops)
    if isinstance(node, (ast.Name, ast.Attribute)):
        plain = _PLAIN.get(_last_name(node))
        return plain if plain is not None else _named(module, node, hops)
    return "Any"


def union(types: list[str]) -> str:
    """Return the union of the types, each once."""
    return " | ".join(dict.fromkeys(t for type_ in types for t in type_.split(" | ")))


def _constant(module: Module, node: ast.Constant, hops: int) -> str:
    if node.value is None:
        return "None"
    if not isinstance(node.value, str):
        return "Any"
    try:
        return describe(module, ast.parse(node.value, mode="eval").body, hops + 1)
    except SyntaxError:
        return "Any"


def _subscript(module: Module, node: ast.Subscript, hops: int) -> str:
    head = _last_name(node.value)
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if head == "Literal":
        return _literal(node)
    if head in _WRAPPERS:
        return describe(module, arguments[0], hops + 1)
    if head in _OBJECTS:
        return "Object"
    types = [describe(module, argument, hops + 1) for argument in arguments]
    if head == "Optional":
        return union([*types, "None"])
    if head == "Union":
        return union(types)
    if head in _SEQUENCES:
        return f"list[{types[0]}]"
    if head in _MAPPINGS:
        return f"dict[{', '.join(types)}]"
    if head in ("tuple", "Tuple"):
        return _tuple(arguments, types)
    return "Any"


def _literal(node: ast.Subscript) -> str:
    try:
        ast.literal_eval(node.slice)
    except ValueError:
        return "Any"
    return f"Literal[{ast.unparse(node.slice).strip('()')}]"


def _tuple(arguments: list[ast.expr], types: list[str]) -> str:
    last = arguments[-1]
    if isinstance(last, ast.Constant) and last.value is ...:
        return f"list[{types[0]}]"
    return f"tuple[{', '.join(types)}]"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _named(module: Module, node: ast.Name | ast.Attribute, hops: int) -> str:
    """Return what a name of our own or an imported one stands for: an alias or a class."""
    if isinstance(node, ast.Attribute):
        name = absolute(module, node.value)
        return "Any" if name is None or not find(name) else _member(name, node.attr, hops)
    if (value := assigned(module, node.id)) is not None:
        return describe(module, value, hops + 1)
    for statement in statements(module.tree):
        if isinstance(statement, ast.ClassDef) and statement.name == node.id:
            bases = [_last_name(base) for base in statement.bases]
            open_ = any(base in _OPEN_BASES or base.endswith("Enum") for base in bases)
            return "Any" if open_ else "Object"
        if isinstance(statement, ast.ImportFrom) and (name := imported_as(statement, node.id)):
            return _member(source_of(module, statement), name, hops)
    return "Any"


def _member(module_name: str, name: str, hops: int) -> str:
    try:
        return describe(load(module_name), ast.Name(name), hops + 1)
    except (Unknown, Unreadable):
        return "Any"


def absolute(module: Module, node: ast.expr) -> str | None:
    """Return the absolute dotted name of an expression such as ``nn.Module``, by the imports."""
    if isinstance(node, ast.Attribute):
        parent = absolute(module, node.value)
        return None if parent is None else f"{parent}.{node.attr}"
    if not isinstance(node, ast.Name):
        return None
    for statement in statements(module.tree):
        if isinstance(statement, ast.ImportFrom) and (name := imported_as(statement, node.id)):
            return f"{source_of(module, statement)}.{name}"
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if (alias.asname or alias.name.partition(".")[0]) == node.id:
                    return alias.name if alias.asname else node.id
    return f"{module.name}.{node.id}"

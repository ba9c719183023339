"""The arguments that a ``_target_`` takes, read from its source."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from dlcli.config.annotation import absolute, describe, union
from dlcli.config.kind import ancestors
from dlcli.config.modules import Function, Symbol, Unknown, Unreadable, resolve

_BASES_WITHOUT_ARGUMENTS = {"object", "ABC", "Generic", "Protocol"}


@dataclass(frozen=True)
class Parameter:
    """One argument: its name, its type in the words of ``annotation``, and if it must be given."""

    name: str
    type: str = "Any"
    required: bool = False


@dataclass(frozen=True)
class Signature:
    """What a class or function takes.

    Args:
        name: the full dotted name of its definition, behind all re-exports.
        parameters: its named arguments, in order.
        open: it takes others as well, or reading does not tell which it takes.
        is_class: a class, and no function.
        ancestors: of a class, as ``kind.ancestors`` reads them.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    open: bool = False
    is_class: bool = True
    ancestors: tuple[str, ...] = ()

    @property
    def types(self) -> dict[str, str]:
        """The type of each argument."""
        return {parameter.name: parameter.type for parameter in self.parameters}


def read_signature(target: str) -> Signature:
    """Return the signature of a dotted name.

    Raises:
        Unknown: there is no such module or member.
        Unreadable: the source does not tell.
    """
    symbol = resolve(target)
    if isinstance(symbol.node, ast.ClassDef):
        parameters, open_ = _constructor(symbol, depth=0)
        return Signature(
            symbol.name, tuple(parameters.values()), open_, ancestors=ancestors(symbol)
        )
    bound = symbol.owner is not None and "staticmethod" not in _decorators(symbol.node)
    parameters, open_ = _arguments(symbol, symbol.node, bound)
    return Signature(symbol.name, tuple(parameters.values()), open_, is_class=False)


Arguments = tuple[dict[str, Parameter], bool]


def _constructor(symbol: Symbol, depth: int) -> Arguments:
    """Return the arguments of a class: its ``__init__``, ``__new__`` or fields, or its bases'."""
    node = symbol.node
    assert isinstance(node, ast.ClassDef)
    if "dataclass" in _decorators(node):
        return _fields(symbol, node, depth)
    methods = {m.name: m for m in node.body if isinstance(m, Function)}
    method = methods.get("__init__") or methods.get("__new__")
    if method is None:
        return _inherited(symbol, node, depth)
    parameters, open_ = _arguments(symbol, method, bound=True)
    if open_ and method.args.kwarg and (given := _forwarded(method)) is not None:
        inherited, open_ = _inherited(symbol, node, depth)
        extra = {name: p for name, p in inherited.items() if name not in given}
        parameters = extra | parameters
    return parameters, open_


def _inherited(symbol: Symbol, node: ast.ClassDef, depth: int) -> Arguments:
    for base in node.bases:
        expression = base.value if isinstance(base, ast.Subscript) else base
        name = absolute(symbol.module, expression)
        if name is None or depth > 20:
            return {}, True
        if name.rpartition(".")[2] in _BASES_WITHOUT_ARGUMENTS:
            continue
        try:
            parent = resolve(name)
        except (Unknown, Unreadable):
            return {}, True
        if isinstance(parent.node, ast.ClassDef):
            found = _constructor(parent, depth + 1)
            if found != ({}, False):
                return found
    return {}, False


def _fields(symbol: Symbol, node: ast.ClassDef, depth: int) -> Arguments:
    parameters, open_ = _inherited(symbol, node, depth)
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            if "ClassVar" in ast.unparse(field.annotation) or _hidden(field.value):
                continue
            type_ = describe(symbol.module, field.annotation)
            required = field.value is None or _field_without_default(field.value)
            parameters = parameters | {field.target.id: Parameter(field.target.id, type_, required)}
    return parameters, open_


def _field_options(value: ast.expr | None) -> dict[str | None, ast.expr] | None:
    if isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "field":
        return {keyword.arg: keyword.value for keyword in value.keywords}
    return None


def _hidden(value: ast.expr | None) -> bool:
    init = (_field_options(value) or {}).get("init")
    return isinstance(init, ast.Constant) and init.value is False


def _field_without_default(value: ast.expr) -> bool:
    options = _field_options(value)
    return options is not None and not {"default", "default_factory"} & set(options)


def _arguments(symbol: Symbol, function: Function, bound: bool) -> Arguments:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs = list(zip(positional, [*defaults, *arguments.defaults], strict=True))
    pairs = pairs[1:] if bound else pairs
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    parameters = {arg.arg: _parameter(symbol, arg, default) for arg, default in pairs}
    return parameters, arguments.kwarg is not None


def _parameter(symbol: Symbol, argument: ast.arg, default: ast.expr | None) -> Parameter:
    type_ = describe(symbol.module, argument.annotation)
    if isinstance(default, ast.Constant) and default.value is None and type_ != "Any":
        type_ = union([type_, "None"])
    return Parameter(argument.arg, type_, default is None)


def _forwarded(method: Function) -> set[str] | None:
    """Return the names given beside ``**kwargs`` to ``super().__init__``; None without one."""
    kwarg = method.args.kwarg
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
            names = {keyword.arg for keyword in node.keywords if keyword.arg}
            rest = [k.value for k in node.keywords if k.arg is None]
            if kwarg and not node.args and any(ast.unparse(r) == kwarg.arg for r in rest):
                return names
    return None


def _decorators(node: ast.ClassDef | Function) -> set[str]:
    calls = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    return {ast.unparse(call).rpartition(".")[2] for call in calls}

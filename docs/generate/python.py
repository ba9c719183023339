"""The page of what Python programs use: signatures and docstrings."""

from __future__ import annotations

import ast
import re

from generate.docstring import Definition, definitions

INTRODUCTION = """# Python

What a notebook or a program of your own may rely on. Everything else may change.
"""
WIDTH = 80
# What is public of a module: how it is called, its sentence, and the names, or all of them.
MODULES: dict[str, tuple[str, str, list[str]]] = {
    "dlcli.notebook": (
        "dlcli",
        "`import dlcli` takes no time: what a function needs is imported when it is first used.",
        [],
    ),
    "dlcli.evaluation.loaded": ("dlcli.evaluation.loaded", "What `dlcli.load` gives.", ["Loaded"]),
    "dlcli.data.spec": (
        "dlcli.data.spec",
        "What data says of itself, for a net of your own.",
        ["DataSpec"],
    ),
    "dlcli.models.schedule": (
        "dlcli.models.schedule",
        "What a module of your own is given.",
        ["Schedule"],
    ),
}


def page() -> str:
    """The page in Markdown."""
    return "\n".join([INTRODUCTION, *(section(module) for module in MODULES)])


def section(module: str) -> str:
    """A module's public functions and classes."""
    name, sentence, names = MODULES[module]
    found = definitions(module)
    entries = [entry(name, found[one]) for one in names or found]
    return "\n\n".join([f"## {name}", sentence, *entries]) + "\n"


def entry(module: str, node: Definition) -> str:
    """A function or class: signature and docstring, and those of public methods."""
    parts = [
        f"### {module}.{node.name}",
        f"```python\n{signature(node)}\n```",
        text_of(ast.get_docstring(node) or ""),
    ]
    for method in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
            first = (ast.get_docstring(method) or "").split("\n\n")[0].replace("\n", " ")
            parts.append(f"`{method.name}`: {text_of(first)}")
    return "\n\n".join(parts)


def signature(node: Definition) -> str:
    """How it is called: of a class without ``__init__``, its fields."""
    if isinstance(node, ast.FunctionDef):
        return call(node.name, node)
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            return call(node.name, method)
    fields = [ast.unparse(field) for field in node.body if isinstance(field, ast.AnnAssign)]
    return arranged(node.name, fields)


def call(name: str, function: ast.FunctionDef) -> str:
    """A signature without ``self``, an argument a line where it is long."""
    given = [text for text in parameters(function.args) if text != "self"]
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    returns = "" if function.name == "__init__" else returns
    line = f"{name}({', '.join(given)}){returns}"
    return line if len(line) <= WIDTH else arranged(name, given) + returns


def arranged(name: str, given: list[str]) -> str:
    """A call with an argument a line."""
    return "\n".join([f"{name}(", *(f"    {text}," for text in given), ")"])


def parameters(arguments: ast.arguments) -> list[str]:
    """Each argument with its annotation and default."""
    plain = [*arguments.posonlyargs, *arguments.args]
    none: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    found = list(map(parameter, plain, [*none, *arguments.defaults]))
    if arguments.vararg or arguments.kwonlyargs:
        found.append(f"*{ast.unparse(arguments.vararg) if arguments.vararg else ''}")
    return found + list(map(parameter, arguments.kwonlyargs, arguments.kw_defaults))


def parameter(argument: ast.arg, default: ast.expr | None) -> str:
    """An argument as it is written."""
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def text_of(docstring: str) -> str:
    """A docstring in Markdown: its sections as lists."""
    text = docstring.replace("``", "`")
    text = re.sub(r"^(Args|Returns|Raises|Attributes):$", r"**\1**\n", text, flags=re.MULTILINE)
    return re.sub(r"^    (\*{0,2}\w[\w, *]*): ", r"- `\1`: ", text, flags=re.MULTILINE)

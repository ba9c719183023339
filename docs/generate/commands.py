"""The page of the commands: what ``dlcli COMMAND --help`` knows."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from typer.main import get_command

from dlcli.cli.main import app

INTRODUCTION = """# Commands

Every command prints its results to stdout, and its progress, warnings and errors to stderr. How a
command ends is among the [exit statuses](statuses.md). `dlcli COMMAND --help` shows the same as
this page.

A RUN is a run's id or the beginning of it, its name, `latest`, or `best:METRIC` such as
`best:val/acc`. OVERRIDES are Hydra's grammar: `KEY=VALUE` sets a value, `GROUP=OPTION` chooses a
file of the [configuration](configuration.md), `+KEY=VALUE` adds a key, `~KEY` takes one away.
"""


def page() -> str:
    """The page in Markdown."""
    found = get_command(app)
    sections = [section(name, command) for name, command in vars(found)["commands"].items()]
    return "\n".join([INTRODUCTION, *sections])


def section(name: str, command: Any) -> str:
    """A command: how it is called, what it does, its arguments and options."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join(["dlcli", name, "[OPTIONS]", *(placeholder(p) for p in arguments)])
    parts = [f"## dlcli {name}", f"```text\n{usage}\n```", text_of(command.help)]
    if arguments:
        rows = [f"| `{p.metavar}` | {cell(p.help)} |" for p in arguments]
        parts.append("\n".join(["| Argument | |", "| --- | --- |", *rows]))
    rows = [f"| {option_name(p)} | {cell(p.help)}{default(p)} |" for p in options]
    parts.append("\n".join(["| Option | |", "| --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def placeholder(argument: Any) -> str:
    """An argument as the usage line has it."""
    if "..." in argument.metavar:
        return str(argument.metavar)
    several = "..." if argument.nargs == -1 else ""
    return (argument.metavar if argument.required else f"[{argument.metavar}]") + several


def option_name(option: Any) -> str:
    """An option with all its spellings, and what it takes."""
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} `{value_name(option)}`"


def value_name(option: Any) -> str:
    """What an option takes, as the help says it."""
    kind = option.metavar or option.display_type(None)
    name = str(kind).strip("<>").replace("list[str]", "str").replace(" range", "")
    return name if "|" in name else name.upper()


def default(option: Any) -> str:
    """The default, where the help shows one."""
    shown = option.show_default and not option.is_flag and option.default is not None
    value = option.default.value if isinstance(option.default, Enum) else option.default
    return f" Default: `{value}`." if shown else ""


def text_of(help_text: str) -> str:
    """A help text as Markdown, without what wraps it."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", help_text.strip().replace("\b", ""))


def cell(help_text: str | None) -> str:
    """A help text as a cell of a table."""
    return text_of(help_text or "").replace("|", "\\|")

"""The page of the exit statuses: the errors that a user can cause."""

from __future__ import annotations

import inspect

from dlcli import errors
from dlcli.cli.reproduce import DRIFTED

INTRODUCTION = """# Exit statuses

A command that cannot do what was asked says so in a line or two on stderr: what is wrong, where,
and what to do. With `--json` the last line of stdout is
`{"error": {"kind": …, "message": …}, "status": …}`. A Python traceback is a bug of dlcli, or comes
with `--debug`.

| Status | `kind` | Meaning |
| --- | --- | --- |
| 0 | | All that was asked is done. |
"""
OTHERS = f"""| 1 | | `dlcli doctor`: a package is missing, or torch cannot be imported. |
| {DRIFTED} | | `dlcli reproduce` found that something else came of it: DRIFTED. |
| 129 | `stopped` | Stopped as the terminal was closed (SIGHUP): 128 + 1. |
| 130 | `stopped` | Stopped by Ctrl-C (SIGINT): 128 + 2. |
| 141 | | Whoever read the output has gone (a broken pipe): 128 + 13. |
| 143 | `stopped` | Stopped by SIGTERM: 128 + 15. |
"""


def page() -> str:
    """The page in Markdown."""
    rows = [f"| {error.status} | `{error.kind}` | {meaning(error)} |\n" for error in found()]
    return INTRODUCTION + "".join(rows) + OTHERS


def found() -> list[type[errors.DlcliError]]:
    """The errors that have a status of their own, by it."""
    classes = [value for value in vars(errors).values() if inspect.isclass(value)]
    own = [one for one in classes if issubclass(one, errors.DlcliError) and "status" in vars(one)]
    return sorted((one for one in own if one is not errors.DlcliError), key=lambda one: one.status)


def meaning(error: type[errors.DlcliError]) -> str:
    """The first sentence of an error's docstring."""
    return (inspect.getdoc(error) or "").split("\n\n")[0].replace("\n", " ")

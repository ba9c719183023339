"""The command, and ``python -m dlcli``: Ctrl-C ends it quietly from its first moment."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def main() -> None:
    """Run the command line; while it is imported there is nothing to save."""
    _open_standard_streams()
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:  # not where a shell has it ignored
        signal.signal(signal.SIGINT, _end)
    from dlcli.cli.hangup import outlive_terminal

    outlive_terminal()
    from dlcli.cli.leaving import leave
    from dlcli.cli.main import main as run

    signal.signal(signal.SIGINT, usual)
    try:
        run()
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        leave(end.code)


def _open_standard_streams() -> None:
    """Open what whoever started the command has closed; else the next file would be its stdout."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - to the end


def _end(number: int, _: Any) -> None:
    os._exit(128 + number)


if __name__ == "__main__":
    main()

"""The one place where errors become messages and exit statuses."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperGroup

from dlcli.cli import output
from dlcli.errors import ConfigError, DlcliError, Stopped

Refusal = TypeVar("Refusal", bound=DlcliError)
# The parser's own error, by way of one of its kinds that typer makes public.
UsageError: Any = typer.BadParameter.__bases__[0]


class Boundary(TyperGroup):
    """Shows what a user can put right in a line or two; a bug keeps its traceback."""

    def main(self, args: Any = None, *others: Any, **named: Any) -> Any:
        """Note whether the caller wants JSON or tracebacks before anything can fail."""
        given = list(sys.argv[1:] if args is None else args)
        output.settings.json = "--json" in given
        output.settings.debug = "--debug" in given
        output.settings.quiet = "--quiet" in given
        try:
            return super().main(args, *others, **named)
        except Exception as error:
            refused = _of_the_disk(error)
            if refused is None:
                raise
            sys.exit(report(refused))

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Read the options before the command; refuse what is none."""
        given = bool(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except UsageError as error:
            if not given:  # the help is shown
                raise
            raise typer.Exit(report(self._refusal(error.ctx, error))) from error

    def invoke(self, ctx: Any) -> Any:
        """Run a command; end with the status of the error it raises."""
        try:
            _check_folder()
            result = super().invoke(ctx)
            sys.stdout.flush()
        except DlcliError as error:
            raise typer.Exit(report(error)) from error
        except UsageError as error:
            raise typer.Exit(report(self._refusal(ctx, error))) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(report(_stopped(error))) from error
        except BrokenPipeError:
            # whoever read our output has gone; keep Python from complaining at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(141) from None
        return result

    def _refusal(self, ctx: Any, error: Any) -> ConfigError:
        """What is wrong with the words of the command line, and where to look."""
        command = error.ctx.command_path if error.ctx else "dlcli"
        problem = error.format_message().rstrip(".").replace("Value error, ", "")
        if problem.startswith("No such command") and "Did you mean" not in problem:
            problem += f"; commands: {', '.join(self.list_commands(ctx))}"
        return ConfigError(f"{problem}; see {command} --help")


def _check_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise ConfigError("this folder was removed; change to one that is there") from error


def _of_the_disk(error: Exception) -> DlcliError | None:
    """The refusal where a disk is to blame; any other error is a bug of ours."""
    from dlcli.tracking.disk import refusal

    refused = refusal(error)
    # What has failed first says more than that its end could not be written either.
    return refused and (_before(error, DlcliError) or refused)


def _stopped(error: BaseException) -> Stopped:
    """What an interrupt came to; one that comes while a stopped command ends changes nothing."""
    stopped = _before(error, Stopped)
    return stopped or Stopped("stopped by SIGINT; nothing was left half done", 2)


def _before(error: BaseException, kind: type[Refusal]) -> Refusal | None:
    """The error of a kind in whose handling this one was raised."""
    before = error.__context__
    while before is not None and not isinstance(before, kind):
        before = before.__context__
    return before


def report(error: DlcliError) -> int:
    """Show an error on stderr, and on stdout where JSON was asked for; return its exit status."""
    output.stop_waiting()
    if output.settings.debug:
        traceback.print_exception(error)
    with contextlib.suppress(OSError):  # that nothing can be written may be what the error says
        print(f"error: {error}", file=sys.stderr)
    if output.settings.json:
        failure = {"kind": error.kind, "message": str(error)}
        with contextlib.suppress(OSError):
            output.print_json({"error": failure, "status": error.status})
    return error.status

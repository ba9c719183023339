"""The ``dlcli`` command."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dlcli import __version__
from dlcli.cli.boundary import Boundary
from dlcli.cli.compare import compare
from dlcli.cli.diff import diff
from dlcli.cli.doctor import doctor
from dlcli.cli.evaluate import evaluate
from dlcli.cli.interrupt import hear_again
from dlcli.cli.list import list_
from dlcli.cli.report import report
from dlcli.cli.reproduce import reproduce
from dlcli.cli.runs import runs
from dlcli.cli.sample import sample
from dlcli.cli.show import show
from dlcli.cli.sweep import sweep
from dlcli.cli.train import train
from dlcli.cli.ui import ui
from dlcli.training.waiting import look


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"dlcli {__version__}")
        raise typer.Exit


class Commands(Boundary):
    """The commands, with completion that understands overrides."""

    def main(self, args: Any = None, *others: Any, **named: Any) -> Any:
        """Have our shell scripts at hand where one is asked for or asks."""
        from dlcli.cli.shells import register

        register()
        return super().main(args, *others, **named)


app = typer.Typer(
    cls=Commands,
    name="dlcli",
    help="Train, search, evaluate and compare deep-learning experiments.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _first(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None: ...


app.command()(train)
app.command()(sweep)
app.command()(evaluate)
app.command()(sample)
app.command()(reproduce)
app.command()(runs)
app.command()(show)
app.command()(diff)
app.command()(compare)
app.command()(report)
app.command("list")(list_)
app.command()(ui)
app.command()(doctor)


def main() -> None:
    """Run the command line."""
    look()
    hear_again()
    app(prog_name="dlcli")

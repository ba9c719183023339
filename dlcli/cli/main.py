"""The ``dlcli`` command."""

from __future__ import annotations

import typer

from dlcli.cli.boundary import Boundary
from dlcli.cli.train import train

app = typer.Typer(
    cls=Boundary,
    name="dlcli",
    help="Train, search, evaluate and compare deep-learning experiments.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(lambda: None)
app.command()(train)


def main() -> None:
    """Run the command line."""
    app()

"""``dlcli report``: one run, one sweep or several as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_run
from dlcli.cli.options import RUN_HELP, ConfigDir, Debug, Json
from dlcli.cli.recorded import reading, runs_of
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.report.build import Subject
    from dlcli.tracking.query import Runs
    from dlcli.tracking.run_record import RunRecord

Named = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help=f"{RUN_HELP}; or a sweep's name. Also tracking.uri=…",
        autocompletion=complete_run,
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write it; else report-NAME.html here.",
        show_default=False,
    ),
]


def report(
    runs: Named,
    file: Output = None,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """One HTML file on runs or a sweep, which needs no server: curves, figures, differences."""
    from dlcli.config.store import is_of_tracking
    from dlcli.report import file as files

    words = [text for text in runs if not is_of_tracking(text)]
    if not words:
        raise ConfigError("RUN: name a run or a sweep; see dlcli runs")
    of_store = [text for text in runs if is_of_tracking(text)]
    known = runs_of(of_store, config_dir)
    records = list({one.id: one for one in map(known.find, words)}.values())
    path = file or files.default_path([one.name or one.id for one in records])
    files.check(path)
    from dlcli.report.build import build
    from dlcli.report.page import render

    page = render(build([_subject(known, one) for one in records]))
    files.write(path, page)
    problem = files.attach(records[0], page, several=len(records) > 1)
    output.warn([problem] if problem else [])
    reading(of_store, config_dir)  # delivers the page where the store keeps artifacts elsewhere
    if json:
        attached = None if problem else records[0].id
        ids = [one.id for one in records]
        output.print_json({"report": path.absolute(), "runs": ids, "attached": attached})
        return
    print(f"report    {output.shortened(path.absolute())}")
    if problem is None:
        print(f"attached  to {records[0].name} ({records[0].id[:8]})")


def _subject(known: Runs, record: RunRecord) -> Subject:
    """What there is to tell of a run."""
    from dlcli.cli.next_steps import next_steps
    from dlcli.comparison.detail import read
    from dlcli.comparison.family import family
    from dlcli.report.build import Subject

    detail, relatives = read(record), family(known, record)
    output.warn(list(detail.damaged))
    return Subject(detail, relatives, next_steps(detail, relatives, known.names()))

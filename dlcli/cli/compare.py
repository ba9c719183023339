"""``dlcli compare``: runs side by side, what differs, what scored, and whether that is noise."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_run, complete_sweep
from dlcli.cli.options import RUN_HELP, ConfigDir, Debug, Json
from dlcli.cli.recorded import reading
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.comparison.compare import Comparison
    from dlcli.comparison.selection import Choice, Selection
    from dlcli.comparison.verdict import Verdict


class Seeds(StrEnum):
    """What becomes of runs that differ only in their seed."""

    together = "together"
    apart = "apart"


Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN",
        help=f"{RUN_HELP}; without any, the last 10. Also tracking.uri=…",
        autocompletion=complete_run,
        show_default=False,
    ),
]
Sweep = Annotated[
    str | None,
    typer.Option(
        "--sweep",
        metavar="NAME",
        help="The trials of a sweep.",
        autocompletion=complete_sweep,
        show_default=False,
    ),
]
Last = Annotated[
    int | None, typer.Option("--last", min=1, help="The newest N runs.", show_default=False)
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="In MLflow's filter language: 'metrics.`test/acc` > 0.9'",
        show_default=False,
    ),
]
Experiment = Annotated[
    str | None,
    typer.Option("--experiment", metavar="NAME", help="Of this experiment.", show_default=False),
]
Metric = Annotated[
    str | None,
    typer.Option(
        "--metric",
        metavar="NAME",
        help="The main score; else the most telling one that the runs have in common.",
        show_default=False,
    ),
]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort", metavar="COLUMN", help="By another column; the best first.", show_default=False
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        "--top", metavar="N", min=1, help="Only the first N rows of the table.", show_default=False
    ),
]
SeedsOption = Annotated[
    Seeds, typer.Option("--seeds", help="Whether runs of several seeds are one row.")
]
All = Annotated[
    bool, typer.Option("--all", help="Every parameter that differs, also what only follows.")
]
Csv = Annotated[bool, typer.Option("--csv", help="Comma-separated values, all digits.")]
Md = Annotated[bool, typer.Option("--md", help="A table in Markdown.")]


def compare(
    runs: Runs = None,
    sweep: Sweep = None,
    last: Last = None,
    where: Where = None,
    experiment: Experiment = None,
    metric: Metric = None,
    sort: Sort = None,
    top: Top = None,
    seeds: SeedsOption = Seeds.together,
    all_: All = False,
    csv: Csv = False,
    md: Md = False,
    config_dir: ConfigDir = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Runs side by side: what differs, what scored, whether the best is so by more than noise."""
    if sum([csv, md, json]) > 1:
        raise ConfigError("--csv, --md and --json: choose one of them")
    if top and json:
        raise ConfigError("--top: of a table; --json has every row")
    from dlcli.comparison.compare import Wish
    from dlcli.comparison.compare import compare as side_by_side
    from dlcli.comparison.selection import Choice
    from dlcli.comparison.verdict import judged

    choice = Choice([], sweep, last, where)
    selection = _selected(runs or [], choice, config_dir, experiment)
    apart = seeds is Seeds.apart
    wish = Wish(metric, sort, apart, all_, selection.searched, selection.objectives)
    comparison = side_by_side(selection.entries, wish)
    verdict = judged(comparison)
    if json:
        from dlcli.comparison.export import as_json

        content = as_json(comparison, verdict)
        output.print_json(content | {"trials": selection.counts or None})
        return
    output.warn([*selection.warnings, *comparison.warnings])
    if csv:
        from dlcli.comparison.export import as_csv

        print(as_csv(replace(comparison, groups=comparison.groups[:top])), end="")
        return
    more = len(comparison.groups[top:]) if top else 0
    hidden = [f"Rows not shown: {more}; without --top, they are."] if more else []
    if md:
        _print_markdown(comparison, [*hidden, *words(comparison, verdict, selection)], top)
    else:
        left_out = _print_plain(comparison, top)
        _print_lines([*hidden, *words(comparison, verdict, selection, left_out)])


def _selected(
    words: Sequence[str], choice: Choice, config_dir: ConfigDir, experiment: Experiment
) -> Selection:
    """The runs that the words of the command line and the options mean."""
    from dlcli.comparison.selection import selected
    from dlcli.config.store import is_of_tracking

    of_store = [text for text in words if is_of_tracking(text)]
    named = [text for text in words if text not in of_store]
    settings, root = reading(of_store, config_dir, experiment)
    return selected(settings, root, replace(choice, references=named))


def _print_plain(comparison: Comparison, top: int | None) -> list[str]:
    """Print the table; returns the columns for which there was no room."""
    from dlcli.comparison.table import dispensable, plain

    return output.print_table(*plain(comparison, top), dispensable(comparison))


def _print_lines(lines: Sequence[str]) -> None:
    """Print sentences, in a terminal broken between words; commands stay whole."""
    width = get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for line in ["", *lines] if lines else []:
        print(line if line.startswith("  ") else fill(line, width, break_on_hyphens=False))


def _print_markdown(comparison: Comparison, lines: Sequence[str], top: int | None) -> None:
    """Print table and words in Markdown, where a paragraph needs a line to itself."""
    from dlcli.comparison.table import markdown

    for line in markdown(comparison, top):
        print(line)
    for line in lines:
        print(f"\n  {line}" if line.startswith("  ") else f"\n{line}")


def words(
    comparison: Comparison,
    verdict: Verdict,
    selection: Selection,
    left_out: Sequence[str] = (),
) -> list[str]:
    """What the table does not show, and what it comes to, a line each."""
    from dlcli.comparison.verdict import sentences

    lines = []
    if left_out:
        names = ", ".join(left_out)
        lines.append(f"No room for {names}: see a wider terminal, --csv or --md.")
    if selection.counts:
        told = ", ".join(f"{count} {state}" for state, count in selection.counts.items())
        lines.append(f"Trials: {told}; only those that are complete are compared.")
    if unshown := comparison.differences.left_out:
        lines.append(f"Not shown of what differs: {unshown}; --all shows it.")
    return [*lines, *sentences(comparison, verdict)]

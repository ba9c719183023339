"""``dlcli reproduce``: train a recorded run again, and say whether the same came of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_override, complete_run
from dlcli.cli.options import RUN_HELP, Allow, ConfigDir, Debug, Json, Name, Quiet
from dlcli.cli.reproduce_code import CODE, run_its_code
from dlcli.cli.reproducing import Request, check_changes, find, follow_first_rank, train_again
from dlcli.config.repeat import allowed, recorded
from dlcli.config.store import is_of_tracking, store_root, tracking_settings
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.training.original import Original
    from dlcli.training.reproduce import Reproduction
    from dlcli.training.trace import Difference
    from dlcli.training.verdict import Verdict

DRIFTED = 8  # the exit status
MOST = 3  # scores that are named

Reproduced = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help=f"{RUN_HELP}.", autocompletion=complete_run, show_default=False
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="OVERRIDES",
        help="What may be another and still the same run: trainer.accelerator=cpu data.root=… "
        "tracking.uri=…, and secrets.",
        autocompletion=complete_override,
        show_default=False,
    ),
]
Anyway = Annotated[bool, typer.Option("--anyway", help="Go on though the data has changed.")]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Go on in a reproduction that was stopped.",
        autocompletion=complete_run,
        show_default=False,
    ),
]


def reproduce(
    run: Reproduced,
    overrides: Changes = None,
    name: Name = None,
    resume: Resume = None,
    anyway: Anyway = False,
    config_dir: ConfigDir = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    allow: Allow = None,
) -> None:
    """Train a run again: same configuration, code and seed; say whether the same came of it."""
    from dlcli.tracking.names import check_name
    from dlcli.training.original import read_original
    from dlcli.training.rank import is_first_rank

    if resume is not None and name is not None:
        raise ConfigError("--name: a resumed run keeps its name; leave it out")
    if name is not None:
        check_name(name)
    of_store = [text for text in overrides or [] if is_of_tracking(text)]
    changes = [text for text in overrides or [] if not is_of_tracking(text)]
    check_changes(changes)
    settings = tracking_settings(of_store, config_dir)
    asked = Request(settings, changes, allow or [], name, resume, anyway, quiet)
    if not is_first_rank():
        follow_first_rank(asked)
        return
    original = read_original(store_root(), find(run, settings).id)
    words = [original.record.id, *(overrides or []), *options(asked, config_dir, json, debug)]
    notes = with_its_code(original, allow or [], words)
    done, more = train_again(original, asked)
    if json:
        output.print_json(as_json(done, original, [*notes, *more]))
    elif not quiet:
        print_reproduction(done, original)
    if done.verdict.word == "DRIFTED":
        raise typer.Exit(DRIFTED)


def options(asked: Request, config_dir: Path | None, json: bool, debug: bool) -> list[str]:
    """The options as they are typed."""
    values = {"--name": asked.name, "--resume": asked.resume, "--config-dir": config_dir}
    switches = {
        "--anyway": asked.anyway,
        "--json": json,
        "--quiet": asked.quiet,
        "--debug": debug,
    }
    return [
        *(f"{option}={value}" for option, value in values.items() if value),
        *(option for option, given in switches.items() if given),
        *(f"--allow={package}" for package in asked.allow),
    ]


def with_its_code(original: Original, allow: Sequence[str], words: Sequence[str]) -> list[str]:
    """What there is to say of the code that runs here.

    Raises:
        Exit: another interpreter has done it, with the code that the run had.
    """
    from dlcli.config.folders import project

    if CODE in os.environ:
        return []
    packages = list(dict.fromkeys([*project(Path.cwd()).allow, *allow]))
    status, notes = run_its_code(original, packages, ["reproduce", *words])
    if status is not None:
        raise typer.Exit(status)
    output.warn(notes)
    return notes


def as_json(done: Reproduction, original: Original, notes: Sequence[str]) -> dict[str, object]:
    """The reproduction in the form that programs read."""
    result = done.result
    return {
        "run_id": result.run_id,
        "run_name": result.run_name,
        "reproduces": {"run_id": original.record.id, "run_name": original.record.name},
        **done.verdict.as_json(),
        "code": "worktree" if CODE in os.environ else "at hand",
        "changes": list(notes),
        "checkpoint": {
            "best": str(result.best) if result.best else None,
            "last": str(result.last) if result.last else None,
        },
        "duration_s": round(result.duration_s, 3),
    }


def print_reproduction(done: Reproduction, original: Original) -> None:
    """The reproduction for a person: both runs' scores, and the verdict with its reason."""
    verdict, result = done.verdict, done.result
    columns, rows = score_table(verdict)
    output.print_table(columns, rows)
    print(f"run         {result.run_name} ({result.run_id})")
    print(f"original    {original.record.name} ({original.record.id})")
    print(f"duration    {result.duration_s:.1f} s")
    if original.epochs is not None:
        print(f"compared    {original.epochs} epochs, which is as far as the original came")
    for line in explained(verdict):
        print(line)
    if verdict.first is not None and not verdict.seeds:
        packages = recorded(original.artifacts).allow
        file = output.shortened(original.artifacts / "config.yaml")
        words = ["--config", file, *allowed(packages), f"seed={original.seed + 1}"]
        print("\nthree runs with other seeds would tell what noise is, such as:")
        print(f"  dlcli train {shlex.join(words)}")


def score_table(verdict: Verdict) -> tuple[list[str], list[list[str]]]:
    """Headings and rows; of equal scores the limits say nothing."""
    rows = [
        [one.name, output.number(one.original), output.number(one.reproduction)]
        for one in verdict.scores
    ]
    columns = ["metric", "original", "reproduction"]
    if verdict.first is None:
        return columns, rows
    limits = [
        [
            output.number(one.reproduction - one.original),
            f"{output.number(one.low)} to {output.number(one.high)}",
        ]
        for one in verdict.scores
    ]
    return [*columns, "difference", "noise"], [
        [*row, *more] for row, more in zip(rows, limits, strict=True)
    ]


def explained(verdict: Verdict) -> list[str]:
    """The verdict, and what it stands on."""
    counts = verdict.compared
    seen = (
        f"{counts['values']} values of {counts['metrics']} metrics over {counts['epochs']} epochs, "
        f"{counts['weights']} hashes of the weights"
    )
    if verdict.first is None:
        return [f"REPRODUCED    bit for bit: {seen}"]
    return [
        f"{verdict.word:<12}  {judged(verdict)}",
        f"first difference: {place(verdict.first)}; {len(verdict.differences)} in all, of {seen}",
    ]


def judged(verdict: Verdict) -> str:
    """What the scores were held against, and which are beyond it."""
    beyond = [one.name for one in verdict.scores if not one.within]
    if verdict.seeds:
        scale = f"the mean ± 3 standard deviations of {verdict.seeds} other seeds"
    else:
        scale = "0.1 % of the original, as fewer than three other seeds are recorded"
    if not verdict.scores:
        return "no score is in both runs"
    if not beyond:
        return f"every score is within {scale}"
    more = f" and {len(beyond) - MOST} more" if len(beyond) > MOST else ""
    are = "is" if len(beyond) == 1 else "are"
    return f"{', '.join(beyond[:MOST])}{more} {are} beyond {scale}"


def place(one: Difference) -> str:
    """Where two runs part."""
    when = "after the training" if one.epoch is None else f"epoch {one.epoch}, step {one.step}"
    if one.epoch == 0:
        when = "before the first epoch"
    return f"{when}: {one.what} {_value(one.original)}, now {_value(one.reproduction)}"


def _value(value: float | str | None) -> str:
    if value is None:
        return "none"
    return value[:12] if isinstance(value, str) else repr(value)

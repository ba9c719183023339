"""``dlcli sweep``: search hyperparameters; one parent run, one child run a trial."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_sweep
from dlcli.cli.options import Allow, ConfigDir, Debug, Json, Overrides, Quiet
from dlcli.config.repeat import tree
from dlcli.errors import ConfigError, SweepError

if TYPE_CHECKING:
    from dlcli.cli.swept import Swept

LABEL = 16  # characters, at least
Name = Annotated[
    str | None,
    typer.Option("--name", help="Name of the sweep; else one is made up.", show_default=False),
]
PlanOption = Annotated[
    bool,
    typer.Option("--plan", help="Compose and check every corner of the space; start nothing."),
]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="NAME",
        help="Go on in a stopped sweep, or with more trials.",
        autocompletion=complete_sweep,
        show_default=False,
    ),
]


def sweep(
    overrides: Overrides = None,
    name: Name = None,
    config_dir: ConfigDir = None,
    plan: PlanOption = False,
    resume: Resume = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    allow: Allow = None,
) -> None:
    """Search hyperparameters: model='choice(cnn, rnn)' optimizer.lr='interval(1e-4, 1e-1)'."""
    from dlcli.cli import sweeping

    if resume is not None and (name is not None or plan):
        option = "--plan" if name is None else "--name"
        raise ConfigError(f"{option}: a resumed sweep keeps its name and space; leave it out")
    if plan:
        _plan(overrides or [], config_dir, allow or [], json)
        return
    if resume is not None:
        swept = sweeping.resume_sweep(resume, overrides or [], config_dir, allow or [], quiet)
    else:
        swept = sweeping.start_sweep(name, overrides or [], config_dir, allow or [], quiet)
    problem = shortfall(swept)
    if json:
        error = {"error": {"kind": SweepError.kind, "message": problem}} if problem else {}
        output.print_json({**swept.summary, **error})
    elif not quiet:
        print_swept(swept)
    if problem:
        raise SweepError(problem)


def _plan(overrides: list[str], config_dir: Any, allow: list[str], json: bool) -> None:
    from dlcli.cli.sweep_plan import as_json, print_plan, refusal
    from dlcli.cli.sweeping import composed, planned

    made = composed(overrides, config_dir, allow)
    checked = planned(made)
    if json:
        output.print_json(as_json(made, checked))
    else:
        print_plan(made, checked)
    if checked.refused:
        raise refusal(checked)


def shortfall(swept: Swept) -> str:
    """Why there are fewer complete trials than asked for; empty where there are not."""
    trials = swept.summary["trials"]
    if swept.message:
        return f"sweep {swept.name} was stopped: {swept.message}; {swept.advice}"
    failures = f" ({swept.failures})" if swept.failures else ""
    if not trials["complete"]:
        return (
            f"sweep {swept.name}: no trial is complete{failures}, so none is best; see {swept.logs}"
        )
    if trials["failed"]:
        return (
            f"sweep {swept.name}: {trials['failed']} of {trials['total']} trials failed"
            f"{failures}; see {swept.logs}"
        )
    return ""


def print_swept(swept: Swept) -> None:
    """The result for a person: counts, the best, and how to go on."""
    trials = swept.summary["trials"]
    width = max([LABEL, *(len(name) + 2 for name in swept.test)])
    counts = [f"{trials[state]} {state}" for state in ("complete", "pruned", "failed")]
    _line(width, "sweep", f"{swept.name} ({swept.summary['parent_run_id']})")
    _line(width, "trials", f"{', '.join(counts)}")
    _print_best(swept, width)
    _print_front(swept)
    for name, value in sorted(swept.test.items()):
        _line(width, name, output.number(value))
    _line(width, "figures", output.shortened(swept.figures))
    if swept.duration_s:
        _line(width, "duration", f"{swept.duration_s:.1f} s")
    print("\nto go on:")
    if best := swept.summary.get("best"):
        train = shlex.join(["dlcli", "train", *swept.options])
        print(f"  {train} {shlex.join([*tree(swept.config_dir), *swept.best_overrides])}")
        print(f"  {train} --config {output.shortened(swept.best_config)}")
        evaluate = ["dlcli", "evaluate", *swept.options, best["run_id"][:8], *swept.store]
        print(f"  {shlex.join(evaluate)}")
    if swept.more:
        print(f"  {swept.more}")


def _line(width: int, label: str, text: str) -> None:
    print(f"{label:<{width}}{text}")


def _print_best(swept: Swept, width: int) -> None:
    best = swept.summary.get("best")
    if not best:
        return
    _line(
        width, "best", f"trial {best['number']}: {swept.metrics[0]} {output.number(best['value'])}"
    )
    for key, value in best["params"].items():
        _line(width, "", f"{key}={value}")


def _print_front(swept: Swept) -> None:
    front = swept.summary.get("pareto") or []
    if not front:
        return
    keys = list(dict.fromkeys(key for one in front for key in one["params"]))
    rows = [
        [
            str(one["number"]),
            *map(output.number, one["values"]),
            *(str(one["params"].get(key, "")) for key in keys),
        ]
        for one in front
    ]
    output.print_table(["trial", *swept.metrics, *keys], rows)

"""``dlcli sweep --plan``: what would be searched, and what would be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlcli.cli import output
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.cli.sweep_check import Checked
    from dlcli.config.space import Domain, Parameter
    from dlcli.config.sweep import SweepConfig

SHOWN = 40


def print_plan(made: SweepConfig, checked: Checked) -> None:
    """Print the space, the objective, how many trials there will be, and the refused points."""
    from dlcli.cli.sweep_check import described

    rows = [_row(parameter) for parameter in made.space.parameters]
    output.print_table(["parameter", "kind", "values", "only where"], rows)
    for metric, mode in zip(checked.metrics, checked.modes, strict=True):
        print(f"objective   {metric}, {'less' if mode == 'min' else 'more'} is better")
    search = made.settings["search"]
    print(f"search      {search['kind']}, {_amount(made)}")
    print(f"checked     {checked.points} points, {len(checked.refused)} refused")
    for point, problems in checked.refused[:SHOWN]:
        print(f"  {described(point)}: {'; '.join(problems)}")


def as_json(made: SweepConfig, checked: Checked) -> dict[str, Any]:
    """The same in the form that programs read; with refused points, the error, too."""
    content: dict[str, Any] = {
        "space": made.space.as_dict()["parameters"],
        "objective": dict(zip(checked.metrics, checked.modes, strict=True)),
        "search": made.settings["search"]["kind"],
        "trials": made.total,
        "points": checked.points,
        "refused": [
            {"params": dict(point), "problems": problems} for point, problems in checked.refused
        ],
    }
    if not checked.refused:
        return content
    error = refusal(checked)
    return content | {
        "error": {"kind": error.kind, "message": str(error)},
        "status": error.status,
    }


def refusal(checked: Checked) -> ConfigError:
    """The error of a space with refused points."""
    return ConfigError(
        f"space: {len(checked.refused)} of the {checked.points} points checked cannot be "
        "trained, as listed; take them out of the space"
    )


def _row(parameter: Parameter) -> list[str]:
    where = " ".join(
        f"{group}={'|'.join(str(option) for option in options)}"
        for group, options in parameter.under
    )
    return [parameter.key, kind(parameter), f"{parameter.domain}{_ends(parameter.domain)}", where]


def kind(parameter: Parameter) -> str:
    """What a parameter is, in a word or two."""
    from dlcli.config.space import Choice, Interval

    if parameter.group:
        return "group"
    if isinstance(parameter.domain, Choice):
        return "choice"
    if isinstance(parameter.domain, Interval):
        return "real"
    whole = isinstance(parameter.domain.low, int) and isinstance(parameter.domain.step, int)
    return "integer" if whole else "steps"


def _ends(domain: Domain) -> str:
    from dlcli.config.space import Choice

    return "" if isinstance(domain, Choice) else " (both ends included)"


def _amount(made: SweepConfig) -> str:
    trials = made.settings["search"]["n_trials"]
    if made.settings["search"]["kind"] != "grid":
        return f"{trials} trials"
    points = len(made.space.grid())
    if made.total == points:
        return f"{points} points, each once"
    return f"the first {trials} of {points} points"

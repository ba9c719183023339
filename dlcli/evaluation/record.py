"""Record an evaluation: its metrics, its figures, and what tells it from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlcli.config.redact import redact_override
from dlcli.evaluation.case import Case, Listing, Shown
from dlcli.evaluation.member import Member
from dlcli.evaluation.request import Request
from dlcli.evaluation.showing import of_answers, show
from dlcli.figure import save_table
from dlcli.tracking.client import Recorder
from dlcli.tracking.names import slug
from dlcli.tracking.run_record import CHOICE
from dlcli.training.changes import Split
from dlcli.training.failure import failures_explained
from dlcli.training.train import ending

LONGEST = 90  # characters of a name, before what says how it was evaluated


@dataclass(frozen=True)
class EvaluateResult:
    """What an evaluation found.

    Args:
        run_id: of the evaluation's own record.
        run_name: of the same.
        source_run_id: of the run evaluated; None for a checkpoint without one, and for several.
        split: the split evaluated on.
        metrics: named ``SPLIT/quantity``.
        artifacts: what was recorded, as paths below ``folder``.
        folder: the record's artifacts.
        warnings: why the metrics may not be those of the run.
        beside: metrics to compare those with, by what they are of.
        listings: what else is to be printed.
    """

    run_id: str
    run_name: str
    source_run_id: str | None
    split: Split
    metrics: dict[str, float]
    artifacts: list[str]
    folder: Path
    warnings: list[str]
    beside: dict[str, Mapping[str, float]] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """What was measured, before it is recorded.

    Args:
        member: with the answers to show.
        metrics: to record.
        beside: metrics of the parts, by what they are of; the whole comes first.
        kind: what the whole is, where it has parts; then the answers alone are shown, and not
            what else a model offers.
    """

    member: Member
    metrics: dict[str, float]
    beside: dict[str, Mapping[str, float]] = field(default_factory=dict)
    kind: str = ""


def record(
    found: Found, members: Sequence[Member], request: Request, recorder: Recorder
) -> EvaluateResult:
    """Record what was found, as a child of the run evaluated; of several as a run of its own."""
    member, split = found.member, request.split
    source = member.source
    run_id = source.run_id if len(members) == 1 else None
    tags = {"dlcli.kind": "evaluate", "dlcli.split": split, **how(members, request)}
    run = recorder.create_run(request.name or named(members, request), tags, run_id)
    with ending(run, command=""), failures_explained(member.data, member.allow):
        run.set_tags(marks(members))
        case = Case(
            member.model,
            member.data,
            member.spec,
            split,
            member.trainer,
            run.artifacts,
            source.config.values["seed"],
            member.answers,
        )
        shown = of_answers(case) if found.kind else show(case)
        shown += beside(found, case)
        metrics = {**shown.metrics, **found.metrics}
        run.log_metrics(metrics, step=member.step)
    told = list(dict.fromkeys(text for one in members for text in one.warnings))
    return EvaluateResult(
        run.id,
        run.name,
        run_id,
        split,
        metrics,
        shown.files,
        run.artifacts,
        told,
        found.beside,
        shown.listings,
    )


def beside(found: Found, case: Case) -> Shown:
    """The metrics of the parts, as CSV."""
    if not found.beside:
        return Shown()
    names = sorted({name for metrics in found.beside.values() for name in metrics})
    columns: dict[str, list[Any]] = {"metric": names}
    for heading, metrics in found.beside.items():
        columns[heading] = [metrics.get(name, "") for name in names]
    file = f"figures/{found.kind}_{case.split}.csv"
    (case.artifacts / "figures").mkdir(parents=True, exist_ok=True)
    save_table(columns, case.artifacts / file)
    return Shown(files=[file])


def named(members: Sequence[Member], request: Request) -> str:
    """A name that says what was evaluated, and how."""
    names = "-".join(member.source.name for member in members)
    ways = [*([called(request.other)] if request.other else []), *(["tta"] if request.tta else [])]
    whole = names if len(members) == 1 else f"ensemble-{names}"
    # a checkpoint's file can be called what no run can
    return "-".join([slug(whole)[:LONGEST] or "evaluation", *ways, request.split])


def called(other: Sequence[str]) -> str:
    """Other data in the name of a record."""
    return next((slug(word) for word in other if "=" not in word), "other-data")


def how(members: Sequence[Member], request: Request) -> dict[str, str]:
    """Who answers, about which data, and to which views of it."""
    ids = [one.source.run_id or str(one.source.checkpoint) for one in members]
    said = {
        "dlcli.members": " ".join(ids) if len(members) > 1 else "",
        "dlcli.other_data": redacted(request.other, members),
        "dlcli.tta": ",".join(request.tta),
    }
    return {key: text for key, text in said.items() if text}


def marks(members: Sequence[Member]) -> dict[str, str]:
    """What tells an evaluation from another of the same run."""
    member = members[0]
    config = member.source.config
    return {
        "dlcli.checkpoint": " ".join(one.source.checkpoint.name for one in members),
        "dlcli.overrides": redacted(config.overrides, members),
        "dlcli.data.fingerprint": str(getattr(member.data, "fingerprint", "")),
        **common_choices(members),
    }


def redacted(words: Sequence[str], members: Sequence[Member]) -> str:
    """What was typed, without the secrets of any member."""
    secrets = [text for member in members for text in member.source.config.hidden]
    return " ".join(redact_override(word, secrets) for word in words)


def common_choices(members: Sequence[Member]) -> dict[str, str]:
    """The option of each group, of several members as far as they share it."""
    first, *others = [member.source.config.choices for member in members]
    return {
        f"{CHOICE}{group}": option
        for group, option in first.items()
        if all(other.get(group) == option for other in others)
    }

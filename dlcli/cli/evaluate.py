"""``dlcli evaluate``: metrics and figures of recorded runs' checkpoints on a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.completion import complete_run_or_override
from dlcli.cli.interrupt import importing
from dlcli.cli.options import RUN_HELP, Allow, ConfigDir, Debug, Json, Name, Quiet
from dlcli.config.redact import redact_override
from dlcli.config.store import is_of_tracking, store_root, tracking_settings
from dlcli.errors import ConfigError
from dlcli.evaluation.data_option import split_options, with_option
from dlcli.evaluation.request import VIEWS, Request

if TYPE_CHECKING:
    from dlcli.cli.running import Finder
    from dlcli.evaluation.record import EvaluateResult
    from dlcli.tracking.client import Recorder
    from dlcli.tracking.query import RunRecord
    from dlcli.training.source import Source


class Split(StrEnum):
    """The parts of a data set."""

    train = "train"
    val = "val"
    test = "test"


Words = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN... [OVERRIDES]...",
        help=f"{RUN_HELP}; or the path of a checkpoint. Several RUNs answer together. What has "
        "a = or begins with + or ~ is an override.",
        autocompletion=complete_run_or_override,
        show_default=False,
    ),
]
SplitOption = Annotated[Split, typer.Option("--split", help="The part of the data to measure on.")]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        metavar="OPTION|KEY=VALUE",
        help="Other data of the same kind: --data emnist --data split=digits",
        show_default=False,
    ),
]
Tta = Annotated[
    str | None,
    typer.Option(
        "--tta",
        metavar=f"{'|'.join(VIEWS)}|{','.join(VIEWS)}",
        help="Answer moved or mirrored images, too, and average.",
        show_default=False,
    ),
]
Predictions = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        metavar="FILE",
        help="Write a row for each example, as .csv or .parquet.",
        show_default=False,
    ),
]


def evaluate(
    words: Words,
    split: SplitOption = Split.test,
    data: Data = None,
    tta: Tta = None,
    predictions: Predictions = None,
    name: Name = None,
    config_dir: ConfigDir = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    allow: Allow = None,
) -> None:
    """Measure recorded runs' best checkpoints on a part of their data."""
    runs, overrides = sorted_out(words)
    option, values = split_options(data or [])
    shown = tuple(redact_override(text) for text in data or [])
    asked = Request(split.value, name, views(tta), predictions, shown)
    of_store = [text for text in overrides if is_of_tracking(text)]
    changes = [*(text for text in overrides if not is_of_tracking(text)), *values]
    settings = tracking_settings(of_store, config_dir)
    from dlcli.cli.running import recording_to

    with recording_to(settings) as recorder:
        sources = [
            with_option(
                partial(find_source, run, allow=allow or [], recorder=recorder),
                changes,
                option,
                config_dir,
            )
            for run in runs
        ]
        result = measure(sources, asked, recorder)
        output.warn(result.warnings)
    if json:
        output.print_json(as_json(result))
    elif not quiet:
        print_result(result, sources, asked)


def sorted_out(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The RUNs and the overrides.

    Raises:
        ConfigError: there is no RUN.
    """
    overrides = [word for word in words if is_override(word)]
    runs = [word for word in words if not is_override(word)]
    if not runs:
        shown = redact_override(overrides[0])
        raise ConfigError(f"RUN: missing; {shown} is an override. {RUN_HELP}")
    return runs, overrides


def is_override(word: str) -> bool:
    """Whether a word of the command line is an override; a checkpoint's path can have a =."""
    if word.startswith(("+", "~")):
        return True
    return "=" in word and not (word.endswith(".ckpt") and Path(word).is_file())


def views(tta: str | None) -> tuple[str, ...]:
    """The views that are asked for, each once."""
    return tuple(dict.fromkeys(kind.strip() for kind in tta.split(","))) if tta else ()


def measure(sources: Sequence[Source], asked: Request, recorder: Recorder) -> EvaluateResult:
    """Measure sources and record that."""
    from dlcli.config.instantiate import check_signatures
    from dlcli.training.startup import import_lightning

    with importing():
        import_lightning()
        from dlcli.evaluation.evaluate import evaluate
    for source in sources:
        check_signatures(source.config)
    return evaluate(sources, asked, recorder, store_root())


def find_source(
    reference: str, changes: Sequence[str], allow: Sequence[str], recorder: Finder
) -> Source:
    """The run or the checkpoint file that is meant, with its configuration.

    Raises:
        ConfigError: there is none, or several.
        CheckpointError: the run has no checkpoint, or it is damaged.
    """
    from dlcli.training.source import of_file, of_run

    path = Path(reference)
    # a metric has a slash in its name too
    if path.suffix == ".ckpt" or ("/" in reference and not reference.startswith("best:")):
        return of_file(path, changes, allow)
    from dlcli.cli.running import artifacts_of, find, refuse_removed

    record = recorder.find(reference)
    refuse_evaluation(record)
    record = find(recorder, record.id)
    refuse_removed(record)
    return of_run(record.id, record.name, artifacts_of(record), changes, allow)


def refuse_evaluation(record: RunRecord) -> None:
    """Refuse (ConfigError) a run that has no checkpoint of its own."""
    if record.tags.get("dlcli.kind") == "evaluate":
        members = record.tags.get("dlcli.members", "")
        origin = record.parent_id or members or "the checkpoint it was made of"
        raise ConfigError(
            f"RUN {record.name} is an evaluation itself and has no checkpoint; "
            f"evaluate its run{'s' if members else ''}: {origin}"
        )


def as_json(result: EvaluateResult) -> dict[str, object]:
    """The result in the form that programs read."""
    return {
        "run_id": result.run_id,
        "source_run_id": result.source_run_id,
        "split": result.split,
        "metrics": result.metrics,
        "artifacts": result.artifacts,
    }


def print_result(result: EvaluateResult, sources: Sequence[Source], asked: Request) -> None:
    """The result for a person: metrics, what is worth a look, and where everything is."""
    columns = result.beside or {sources[0].checkpoint.name: result.metrics}
    names = sorted({name for metrics in columns.values() for name in metrics})
    rows = [[name, *(cell(metrics, name) for metrics in columns.values())] for name in names]
    output.print_table(["metric", *columns], rows)
    for listing in result.listings:
        print(f"\n{listing.title}")
        output.print_table(listing.columns, listing.rows)
    if result.listings:
        print()
    print(f"run         {', '.join(source.name for source in sources)}")
    if asked.other:
        print(f"data        {' '.join(asked.other)}")
    print(f"recorded    {result.run_name} ({result.run_id})")
    for artifact in worth_naming(result.artifacts):
        print(f"artifact    {output.shortened(result.folder / artifact)}")
    if asked.predictions is not None:
        print(f"predictions {asked.predictions}")


def cell(metrics: Mapping[str, float], name: str) -> str:
    """A metric as a person reads it; empty where it was not measured."""
    return output.number(metrics[name]) if name in metrics else ""


def worth_naming(artifacts: Sequence[str]) -> list[str]:
    """All but the numbers of a figure, which are beside it."""
    drawn = {name.removesuffix(".png") for name in artifacts if name.endswith(".png")}
    return [name for name in artifacts if name.removesuffix(".csv") not in drawn]

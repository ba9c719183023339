"""``dlcli evaluate``: metrics and figures of a recorded run's checkpoint on a split."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlcli.cli import output
from dlcli.cli.interrupt import ended_by_interrupt
from dlcli.cli.options import Allow, ConfigDir, Debug, Json, Name, Overrides, Quiet, Run
from dlcli.config.store import is_of_tracking, store_root, tracking_settings
from dlcli.errors import ConfigError

if TYPE_CHECKING:
    from dlcli.evaluation.evaluate import EvaluateResult
    from dlcli.tracking.client import Recorder
    from dlcli.tracking.query import RunRecord
    from dlcli.training.source import Source


class Split(StrEnum):
    """The parts of a data set."""

    train = "train"
    val = "val"
    test = "test"


SplitOption = Annotated[Split, typer.Option("--split", help="The part of the data to measure on.")]


def evaluate(
    run: Run,
    overrides: Overrides = None,
    split: SplitOption = Split.test,
    name: Name = None,
    config_dir: ConfigDir = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    allow: Allow = None,
) -> None:
    """Measure a recorded run's best checkpoint on a part of its data."""
    of_store = [text for text in overrides or [] if is_of_tracking(text)]
    changes = [text for text in overrides or [] if not is_of_tracking(text)]
    settings = tracking_settings(of_store, config_dir)
    from dlcli.cli.running import recording_to

    with recording_to(settings) as recorder:
        source = find_source(run, changes, allow or [], recorder)
        result = measure(source, split, recorder, name)
        output.warn(result.warnings)
    if json:
        output.print_json(as_json(result))
    elif not quiet:
        print_result(result, source)


def measure(source: Source, split: Split, recorder: Recorder, name: str | None) -> EvaluateResult:
    """Measure a source and record that."""
    from dlcli.config.instantiate import check_signatures
    from dlcli.training.startup import import_lightning

    with ended_by_interrupt():
        import_lightning()
        from dlcli.evaluation.evaluate import evaluate
    check_signatures(source.config)
    return evaluate(source, split.value, recorder, store_root(), name)


def find_source(
    reference: str, changes: Sequence[str], allow: Sequence[str], recorder: Recorder
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
    from dlcli.cli.running import artifacts_of, find

    record = recorder.find(reference)
    refuse_evaluation(record)
    record = find(recorder, record.id)
    return of_run(record.id, record.name, artifacts_of(record), changes, allow)


def refuse_evaluation(record: RunRecord) -> None:
    """Refuse (ConfigError) a run that has no checkpoint of its own."""
    if record.tags.get("dlcli.kind") == "evaluate":
        origin = record.parent_id or "the checkpoint it was made of"
        raise ConfigError(
            f"RUN {record.name} is an evaluation itself and has no checkpoint; "
            f"evaluate its run: {origin}"
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


def print_result(result: EvaluateResult, source: Source) -> None:
    """The result for a person: metrics, and where everything is."""
    rows = [[name, output.number(value)] for name, value in sorted(result.metrics.items())]
    output.print_table(["metric", source.checkpoint.name], rows)
    print(f"run         {source.name}")
    print(f"recorded    {result.run_name} ({result.run_id})")
    for artifact in result.artifacts:
        print(f"artifact    {output.shortened(result.folder / artifact)}")

"""What is there for notebooks: recorded runs as tables, and trained models."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from dlcli.cli.recorded import reading

if TYPE_CHECKING:
    import pandas

    from dlcli.evaluation.loaded import Loaded


def runs(
    last: int | None = None,
    where: str | None = None,
    experiment: str | None = None,
    overrides: Sequence[str] = (),
) -> pandas.DataFrame:
    """The runs recorded in the working folder as a table, newest first, one row a run.

    Its columns are ``run_id``, ``run_name``, ``kind`` (``train``, ``trial``, ``sweep`` or
    ``evaluate``), ``status``, ``reason``, ``experiment``, ``parent_run_id``, ``started`` (with its
    time zone, UTC), ``duration_s``, ``model`` and ``data``; then ``params.NAME`` of every
    parameter and ``metrics.NAME`` of every metric, such as ``params.optimizer.lr`` and
    ``metrics.test/acc``. What a run does not have is missing.

    Args:
        last: only the newest of them.
        where: only those that a filter in MLflow's language means.
        experiment: of MLflow; else the one of the configuration.
        overrides: of the store: ``["tracking.uri=…"]``.

    Raises:
        ConfigError: there is no such store or experiment, or the filter cannot be read.
        StoreError: the store cannot be read.
    """
    from dlcli.comparison.frame import frame
    from dlcli.tracking.query import list_runs

    found = list_runs(*reading(overrides, experiment=experiment))
    if where is not None:
        from dlcli.tracking.filter import Filter

        asked = Filter(where, found)
        _warn(asked.warnings)
        found = asked.matching()
    return frame(found[:last])


def compare(
    *runs: str,
    sweep: str | None = None,
    last: int | None = None,
    where: str | None = None,
    experiment: str | None = None,
    metric: str | None = None,
    sort: str | None = None,
    seeds: Literal["together", "apart"] = "together",
    overrides: Sequence[str] = (),
) -> pandas.DataFrame:
    """Runs side by side as ``dlcli compare`` shows them, one row for all seeds of a setting.

    Its columns are ``run``, ``run_ids``, ``seeds``, ``n`` and ``status``; then ``params.NAME`` of
    the parameters that differ, and of every score and cost ``metrics.NAME``, the mean, and
    ``metrics.NAME.std``, the sample standard deviation. Its ``attrs`` hold ``metric``, the main
    score, and ``verdict``, a list of sentences: whether the best is so by more than noise.

    Args:
        runs: ids or beginnings of ids, names, ``latest``, ``best:METRIC``; without any the newest.
        sweep: the trials of this sweep.
        last: how many of the newest runs; 10 where nothing else says which.
        where: those that a filter in MLflow's language means.
        experiment: of MLflow; else the one of the configuration.
        metric: the main score; else the most telling one that the runs have in common.
        sort: a column to sort by; else the main score, the best first.
        seeds: whether runs that differ only in their seed are one row.
        overrides: of the store: ``["tracking.uri=…"]``.

    Raises:
        ConfigError: there are no such runs, or no such metric or column.
        StoreError: the store cannot be read.
    """
    from dlcli.comparison.compare import Wish
    from dlcli.comparison.compare import compare as side_by_side
    from dlcli.comparison.frame import compared
    from dlcli.comparison.selection import Choice, selected
    from dlcli.comparison.verdict import judged, sentences

    settings, root = reading(overrides, experiment=experiment)
    chosen = selected(settings, root, Choice(runs, sweep, last, where))
    wish = Wish(metric, sort, seeds == "apart", False, chosen.searched, chosen.objectives)
    comparison = side_by_side(chosen.entries, wish)
    _warn([*chosen.warnings, *comparison.warnings])
    table = compared(comparison)
    table.attrs["metric"] = comparison.metric
    table.attrs["verdict"] = sentences(comparison, judged(comparison))
    return table


def load(
    reference: str,
    device: str = "cpu",
    overrides: Sequence[str] = (),
    allow: Sequence[str] = (),
) -> Loaded:
    """A trained model that is ready to predict, with its data and its configuration.

    ``load("best:test/acc").model(inputs)`` answers inputs as ``.data`` gives them.

    Args:
        reference: a run's id or the beginning of it, its name, ``latest`` or ``best:METRIC``; or
            the path of a checkpoint.
        device: where the model is to be, by torch's names: ``cpu``, ``cuda``.
        overrides: of the store (``tracking.uri=…``), and of the run's values: where its data is
            now, ``data.root=…``.
        allow: packages of your own whose code may run, beside those of the project.

    Raises:
        ConfigError: there is no such run or device, or the run is a sweep or an evaluation.
        DataError: its data is missing or damaged.
        CheckpointError: it has no checkpoint, or that is damaged.
        StoreError: the store cannot be read.
    """
    from dlcli.cli.evaluate import find_source
    from dlcli.config.instantiate import check_signatures
    from dlcli.config.store import is_of_tracking
    from dlcli.tracking.query import Runs
    from dlcli.training.compiler import defer_compiler
    from dlcli.training.startup import defer_torchmetrics

    known = Runs(*reading([text for text in overrides if is_of_tracking(text)]))
    changes = [text for text in overrides if not is_of_tracking(text)]
    source = find_source(reference, changes, allow, known)
    defer_torchmetrics()  # most of the seconds that the import of Lightning takes
    defer_compiler()
    from dlcli.evaluation.loaded import loaded

    check_signatures(source.config)
    return loaded(source, known.by_id(source.run_id), device)


def _warn(lines: Sequence[str]) -> None:
    for line in lines:
        warnings.warn(line, stacklevel=3)

"""Read all trials of a study from Optuna's tables, by columns: objects for each row take long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial
    from sqlalchemy import Connection, Row, Table

BATCH = 1000  # rows in memory at a time


def read(
    connection: Connection, study: int, distributions: Mapping[str, BaseDistribution]
) -> list[FrozenTrial]:
    """All trials in the order of their numbers, without their distributions.

    Args:
        study: its id.
        distributions: of every parameter by its name; they say what a stored number means.

    Raises:
        KeyError: a trial has a parameter that is none of these.
    """
    from optuna.storages._rdb import models

    trials = {
        row.trial_id: _trial(row)
        for row in _rows(connection, models.TrialModel.__table__, study, "number")
    }

    def each(model: Any, take: Callable[[FrozenTrial, Any], None], order: str) -> None:
        for row in _rows(connection, model.__table__, study, order):
            take(trials[row.trial_id], row)

    def param(trial: FrozenTrial, row: Any) -> None:
        value = distributions[row.param_name].to_external_repr(row.param_value)
        trial.params[row.param_name] = value

    def report(trial: FrozenTrial, row: Any) -> None:
        trial.intermediate_values[row.step] = row.intermediate_value

    def note(trial: FrozenTrial, row: Any) -> None:
        trial.user_attrs[row.key] = json.loads(row.value_json)

    def own(trial: FrozenTrial, row: Any) -> None:
        trial.system_attrs[row.key] = json.loads(row.value_json)

    def value(trial: FrozenTrial, row: Any) -> None:
        trial.values = [*(trial.values or ()), row.value]

    each(models.TrialParamModel, param, "param_id")
    each(models.TrialIntermediateValueModel, report, "trial_intermediate_value_id")
    each(models.TrialUserAttributeModel, note, "trial_user_attribute_id")
    each(models.TrialSystemAttributeModel, own, "trial_system_attribute_id")
    each(models.TrialValueModel, value, "objective")
    return list(trials.values())


def _rows(connection: Connection, table: Table, study: int, order: str) -> Iterator[Row[Any]]:
    """The rows of a table that are about the trials of a study."""
    from optuna.storages._rdb import models
    from sqlalchemy import select

    trials = models.TrialModel.__table__
    query = select(table).order_by(table.c[order]).where(trials.c.study_id == study)
    if table is not trials:
        query = query.join(trials, trials.c.trial_id == table.c.trial_id)
    yield from connection.execute(query.execution_options(yield_per=BATCH))


def _trial(row: Any) -> FrozenTrial:
    from optuna.trial import FrozenTrial

    return FrozenTrial(
        number=row.number,
        state=row.state,
        value=None,
        datetime_start=_local(row.datetime_start),
        datetime_complete=_local(row.datetime_complete),
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=row.trial_id,
    )


def _local(utc: datetime | None) -> datetime | None:
    """A time as Optuna has it in memory; in the tables it is UTC."""
    return None if utc is None else utc.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)

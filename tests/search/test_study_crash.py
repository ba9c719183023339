"""A process that dies at any statement of the database leaves a study that goes on the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlcli.search.study import Study
from tests.search.studies import CONDITIONAL, Arguments, pruner


class Died(BaseException):
    """Stands in for SIGKILL: nothing of the program handles it."""


@contextlib.contextmanager
def dying_at(step: int) -> Iterator[None]:
    """Die at the n-th thing done with any database: a statement, or a commit."""
    from sqlalchemy import Engine, event

    left = [step]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Died

    names = ("before_cursor_execute", "commit")
    for name in names:
        event.listen(Engine, name, count)
    try:
        yield
    finally:
        for name in names:
            event.remove(Engine, name, count)


def dies(study: Study, step: int, act: Callable[[Study], object]) -> bool:
    """Whether an act died at a step; the study is of no use then."""
    try:
        with dying_at(step):
            act(study)
    except Died:
        return True
    return False


def died_everywhere(
    given: Arguments, act: Callable[[Study], object], check: Callable[[Study], None]
) -> int:
    """Do an act until it gets through, dying one step later each time; returns how often it died.

    Args:
        check: of the study that the next process opens.
    """
    for step in range(1, 200):
        study = given.open()
        died = dies(study, step, act)
        study.close()
        study = given.open()
        check(study)
        study.close()
        if not died:
            return step - 1
    raise AssertionError("it never got through")


@pytest.mark.parametrize("kind", ["tpe", pytest.param("cmaes", marks=pytest.mark.slow)])
def test_a_trial_is_asked_for_as_if_nobody_had_died(kind: str, tmp_path: Path) -> None:
    points = []
    for name in ("unbroken", "broken"):
        (tmp_path / name).mkdir()
        given = Arguments(tmp_path / name, kind, CONDITIONAL)
        study = given.create()
        for number in range(5):
            study.tell(number, "complete", [float(str(study.ask(number)["x"]))])
        if name == "unbroken":
            points.append(study.ask(5))
        study.close()

    def whole_or_not_there(study: Study) -> None:
        assert len(study.states()) in (5, 6)
        assert all(trial.params == points[0] for trial in study.trials()[5:])

    assert died_everywhere(given, lambda study: study.ask(5), whole_or_not_there) > 10
    study = given.open()
    assert study.ask(5) == points[0]
    assert len(study.states()) == 6
    study.close()


@pytest.mark.parametrize("name", ["median", pytest.param("asha", marks=pytest.mark.slow)])
def test_a_prune_is_decided_as_if_nobody_had_died(name: str, tmp_path: Path) -> None:
    given = Arguments(tmp_path, space=CONDITIONAL, pruner=pruner(name))
    study = given.create()
    for number in range(6):
        study.ask(number)
        for step in (1, 2, 3):
            study.report(number, step, 0.1)
        study.tell(number, "complete", [0.1])
    study.ask(6)
    study.close()
    answers = []

    def bad(study: Study) -> None:
        answers.append([study.report(6, step, 9.0) for step in (1, 2, 3)][-1])

    def running(study: Study) -> None:
        assert study.states()[6] == "running"

    assert died_everywhere(given, bad, running) >= 5
    study = given.open()
    bad(study)
    assert answers == [True] * len(answers)
    study.close()


def test_a_trial_is_told_once_and_whole(tmp_path: Path) -> None:
    given = Arguments(tmp_path, space=CONDITIONAL)
    study = given.create()
    study.ask(0)
    study.close()

    def told_or_not(study: Study) -> None:
        found = [(one.state, one.values) for one in study.trials()]
        assert found in ([("running", ())], [("complete", (0.5,))])
        assert not found[0][1] or study.trials()[0].reason == "finished"

    def tell(study: Study) -> None:
        study.tell(0, "complete", [0.5], "finished")

    assert died_everywhere(given, tell, told_or_not) > 5
    study = given.open()
    assert study.states() == {0: "complete"}
    study.close()


def test_a_study_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    given = Arguments(tmp_path, space=CONDITIONAL)
    for step in range(1, 400, 13):
        try:
            with dying_at(step):
                given.create().close()
        except Died:
            if given.path.exists():
                given.open().close()
        else:
            break
    assert step > 13
    study = given.open()
    assert study.states() == {}
    study.close()
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]


def test_the_same_process_goes_on_after_a_step_that_failed(tmp_path: Path) -> None:
    given = Arguments(tmp_path, "tpe", CONDITIONAL)
    study = given.create()
    for step in (1, 4, 8):
        dies(study, step, lambda study: study.ask(0))
    point = study.ask(0)
    for step in (1, 3):
        dies(study, step, lambda study: study.report(0, 1, 0.5))
        dies(study, step, lambda study: study.tell(0, "complete", [0.5]))
    study.tell(0, "complete", [0.5])
    study.close()
    study = given.open()
    assert [(trial.params, trial.state) for trial in study.trials()] == [(point, "complete")]
    study.close()

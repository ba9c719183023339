"""The coordinator: every trial once, each failure in its class, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.errors import ConfigError
from dlcli.search.ending import Ending
from dlcli.search.trial import Report, Result
from tests.search.fakes import Executor, Scene, complete, dying, failing


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_every_trial_is_told_once_with_the_value_of_its_best_checkpoint(scene: Scene) -> None:
    assert scene.run() == Ending("finished")
    assert scene.study.told == {n: ("complete", [float(n)], "finished") for n in range(3)}
    assert sorted(scene.executor.started) == [0, 1, 2]


def test_a_trial_is_told_to_the_study_before_its_run_is_closed(scene: Scene) -> None:
    order: list[str] = []
    tell, end = scene.study.tell, scene.recording.end
    scene.study.tell = lambda *a, **k: (order.append("tell"), tell(*a, **k))[1]  # type: ignore[method-assign]
    scene.recording.end = lambda *a, **k: (order.append("end"), end(*a, **k))[1]  # type: ignore[method-assign]
    scene.total = 1
    scene.run()
    assert order == ["tell", "end"]


def test_the_next_trial_does_not_wait_for_the_last_ones_run_to_be_closed(scene: Scene) -> None:
    scene.executor.slots = 1
    scene.run()
    calls = [(what, number) for what, number, *_ in scene.recording.calls]
    assert calls == [("begin", 0), ("begin", 1), ("end", 0), ("begin", 2), ("end", 1), ("end", 2)]


def test_a_killed_trial_goes_on_under_its_number(scene: Scene) -> None:
    scene.executor = Executor({1: [dying(-9), complete]})
    assert scene.run() == Ending("finished")
    assert scene.executor.started.count(1) == 2
    assert scene.study.told[1] == ("complete", [1.0], "finished")
    assert ("lost", 1, "killed") in scene.watch.lines
    assert ("begin", 1) in scene.recording.calls
    assert ("go_on", 1) in scene.recording.calls


def test_the_halves_of_files_that_a_crash_left_are_gone_before_a_trial_starts(scene: Scene) -> None:
    scene.study.ask(0)
    scene.folder.trial(0).create({})
    half = scene.folder.trial(0).path / ".trial.json.99"
    half.touch()
    seen = []

    def script(trial, payload):  # type: ignore[no-untyped-def]
        seen.append(half.exists())
        return complete(trial, payload)

    scene.executor = Executor({0: [script]})
    scene.run()
    assert seen == [False]


def test_a_trial_that_is_killed_too_often_fails(scene: Scene) -> None:
    scene.executor = Executor({1: [dying(-9)] * 9})
    scene.run(retries=2)
    assert scene.executor.started.count(1) == 3
    assert scene.study.told[1] == ("failed", None, "killed")
    assert scene.folder.trial(1).result() is not None


def test_a_process_that_ends_without_a_result_has_failed_whatever_its_status(scene: Scene) -> None:
    scene.executor = Executor({0: [dying(0)] * 9})
    scene.run(retries=0)
    assert scene.study.told[0] == ("failed", None, "exit")


@pytest.mark.parametrize(("reason", "attempts"), [("error", 2), ("oom", 2), ("diverged", 1)])
def test_an_error_is_tried_once_more_and_a_divergence_is_not(
    scene: Scene, reason: str, attempts: int
) -> None:
    scene.executor = Executor({1: [failing(reason)] * 9})
    scene.run()
    assert scene.executor.started.count(1) == attempts
    assert scene.study.told[1] == ("failed", None, reason)
    assert scene.study.told[2][0] == "complete"


def test_a_value_that_is_not_finite_is_a_divergence(scene: Scene) -> None:
    def script(trial, payload):  # type: ignore[no-untyped-def]
        trial.write_result(Result("complete", "finished", {"val/loss": float("nan")}))
        return 0

    scene.executor = Executor({0: [script]})
    scene.run()
    assert scene.study.told[0] == ("failed", None, "diverged")


def test_an_objective_that_is_not_logged_stops_the_sweep(scene: Scene) -> None:
    scene.metrics, scene.executor.slots = ("val/acc",), 1
    message = "objective.metric: val/acc was not logged; logged are val/loss"
    assert scene.run() == Ending("config", message=message)
    assert scene.study.told == {0: ("failed", None, "metric")}


def test_the_pruner_ends_a_trial_even_where_it_has_finished_by_then(scene: Scene) -> None:
    scene.study.prunes = {(1, 1)}
    scene.run()
    assert scene.study.told[1] == ("pruned", None, "pruned")
    assert [step for number, step, _ in scene.study.reported if number == 1] == [1]


def test_failures_in_a_row_stop_the_sweep_and_say_what_they_have_in_common(scene: Scene) -> None:
    scene.executor = Executor({n: [failing("diverged")] for n in range(9)})
    scene.executor.slots = 1
    scene.total = 9
    ending = scene.run(max_failures=3)
    assert ending == Ending("failures", message="3 in a row: diverged: it broke")
    assert scene.executor.started == [0, 1, 2]


def test_an_error_in_the_configuration_stops_the_sweep_at_once(scene: Scene) -> None:
    scene.executor = Executor({0: [failing("config")]})
    assert scene.run() == Ending("config", message="it broke")


def test_a_point_that_cannot_be_composed_fails_alone_once_others_are_complete(scene: Scene) -> None:
    def prepare(number: int, params: object) -> dict[str, object]:
        if number == 2:
            raise ConfigError("model.net.heads: does not divide 30")
        return {}

    scene.prepare = prepare
    scene.executor.slots = 1
    scene.total = 4
    assert scene.run() == Ending("finished")
    assert scene.study.told[2] == ("failed", None, "config")
    assert scene.study.told[3][0] == "complete"


def test_a_full_disk_stops_the_sweep_and_costs_no_trial(scene: Scene) -> None:
    scene.executor = Executor({1: [failing("storage")] * 2})
    assert scene.run() == Ending("storage", message="it broke")
    assert scene.executor.started.count(1) == 2
    assert 1 not in scene.study.told
    assert ("interrupted", 1) in scene.recording.calls
    assert scene.run() == Ending("finished")
    assert scene.study.told[1] == ("complete", [1.0], "finished")


def test_a_full_disk_while_failures_stop_the_sweep_hides_none_of_them(scene: Scene) -> None:
    scene.executor = Executor({0: [failing("diverged")], 1: [failing("storage")]})
    ending = scene.run(max_failures=1, retries=0)
    assert (ending.reason, ending.message) == ("failures", "1 in a row: diverged: it broke")
    assert 1 not in scene.study.told


def test_a_trial_whose_disk_was_full_when_the_sweep_died_goes_on(scene: Scene) -> None:
    scene.study.ask(0)
    trial = scene.folder.trial(0)
    trial.create({}, run_id="run-0")
    failing("storage")(trial, {})
    assert scene.run(retries=0) == Ending("finished")
    assert scene.study.told[0] == ("complete", [0.0], "finished")


def test_a_hanging_trial_ends_at_its_time_limit(scene: Scene) -> None:
    scene.executor = Executor({1: [None]})
    scene.run(trial_timeout=0.1)
    assert scene.study.told[1] == ("failed", None, "timeout")
    assert scene.executor.started.count(1) == 1


def test_no_trial_starts_after_the_time_limit_of_the_sweep(scene: Scene) -> None:
    assert scene.run(timeout=1e-9) == Ending("timeout")
    assert scene.executor.started == []


def test_a_signal_stops_running_trials_and_leaves_them_to_go_on(scene: Scene) -> None:
    scene.executor = Executor({1: [None]})
    scene.watch.on_tick = lambda: scene.coordinator.stop(2)  # type: ignore[union-attr]
    assert scene.run() == Ending("stopped", 2)
    assert ("interrupted", 1) in scene.recording.calls
    assert 1 not in scene.study.told
    scene.watch.on_tick = lambda: None
    assert scene.run() == Ending("finished")
    assert ("go_on", 1) in scene.recording.calls
    assert scene.study.told[1] == ("complete", [1.0], "finished")


def test_a_signal_that_comes_while_failures_stop_the_sweep_is_kept(scene: Scene) -> None:
    scene.executor = Executor({0: [failing("config")], 1: [None]})
    ended = scene.watch.ended

    def end(number: int, result: Result) -> None:
        ended(number, result)
        scene.watch.on_tick = lambda: scene.coordinator.stop(15)  # type: ignore[union-attr]

    scene.watch.ended = end  # type: ignore[method-assign]
    assert scene.run() == Ending("stopped", 15)
    assert scene.study.told[0] == ("failed", None, "config")
    assert ("interrupted", 1) in scene.recording.calls
    assert 1 not in scene.study.told


def test_a_second_signal_kills(scene: Scene) -> None:
    scene.executor = Executor({0: [None], 1: [None]})

    def twice() -> None:
        assert scene.coordinator
        scene.coordinator.stop(2)
        scene.coordinator.stop(2)

    scene.watch.on_tick = twice
    scene.run()
    assert all("kill" in process.asked for process in scene.executor.processes)


def test_a_trial_that_a_signal_ends_while_another_starts_is_not_lost(scene: Scene) -> None:
    scene.executor = Executor({0: [None]})
    ask = scene.study.ask

    def interrupted(number: int) -> dict[str, object]:
        if number == 1 and scene.coordinator:
            scene.coordinator.stop(2)
            scene.coordinator.stop(2)
        return ask(number)

    scene.study.ask = interrupted  # type: ignore[method-assign]
    assert scene.run(retries=0) == Ending("stopped", 2)
    assert ("interrupted", 0) in scene.recording.calls
    assert 0 not in scene.study.told
    assert scene.folder.trial(0).attempts() == []


def test_a_scheduler_that_repeats_itself_takes_no_checkpoint(scene: Scene) -> None:
    scene.executor = Executor({0: [None], 1: [None]})

    def twice() -> None:
        assert scene.coordinator
        for number in (15, 15, 1):
            scene.coordinator.stop(number)

    scene.watch.on_tick = twice
    assert scene.run() == Ending("stopped", 15)
    assert [process.asked for process in scene.executor.processes] == [["stop"], ["stop"]]


def test_a_result_that_the_study_was_not_told_of_is_told_at_the_next_start(scene: Scene) -> None:
    scene.study.ask(0)
    trial = scene.folder.trial(0)
    trial.create({}, run_id="run0")
    complete(trial, {})
    scene.run()
    assert scene.study.told[0] == ("complete", [0.0], "finished")
    assert 0 not in scene.executor.started


def test_a_trial_that_the_pruner_has_judged_does_not_run_again(scene: Scene) -> None:
    scene.study.ask(0)
    trial = scene.folder.trial(0)
    trial.create({}, run_id="run0")
    trial.append(Report(1, {"val/loss": 1.0}))
    trial.ask_to_stop()
    scene.run()
    assert scene.study.told[0] == ("pruned", None, "pruned")
    assert 0 not in scene.executor.started


def test_a_finished_trial_never_runs_again_and_more_may_follow(scene: Scene) -> None:
    scene.run()
    scene.executor.started.clear()
    scene.total = 5
    scene.run()
    assert sorted(scene.executor.started) == [3, 4]


def test_a_store_that_fails_stops_the_trials_first(scene: Scene) -> None:
    scene.executor = Executor({1: [None]})

    def fail(*_: object) -> None:
        raise OSError("disk full")

    scene.study.tell = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(OSError, match="disk full"):
        scene.run()
    assert all(not process.alive for process in scene.executor.processes)


def test_failures_of_the_last_trials_do_not_stop_a_sweep_that_is_over(scene: Scene) -> None:
    scene.executor = Executor({n: [failing("diverged")] for n in range(9)})
    scene.executor.slots = 1
    scene.total = 3
    assert scene.run(max_failures=3) == Ending("finished")

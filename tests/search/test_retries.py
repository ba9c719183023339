"""How often a trial is tried again: each kind of failure is counted alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.search.ending import Ending
from tests.search.fakes import Executor, Scene, complete, dying, failing


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_full_disk_takes_no_attempt_of_a_trial_that_is_killed_later(scene: Scene) -> None:
    scene.executor = Executor({1: [failing("storage")] * 2 + [dying(-9)] * 2 + [complete]})
    assert scene.run(retries=2).reason == "storage"
    assert scene.run(retries=2) == Ending("finished")
    assert scene.study.told[1] == ("complete", [1.0], "finished")


def test_an_error_is_tried_once_more_after_the_trial_was_killed(scene: Scene) -> None:
    scene.executor = Executor({1: [dying(-9), failing("error"), complete]})
    assert scene.run() == Ending("finished")
    assert scene.study.told[1] == ("complete", [1.0], "finished")


def test_two_errors_are_too_many_whatever_came_between(scene: Scene) -> None:
    scene.executor = Executor({1: [failing("error"), dying(-9), failing("oom"), complete]})
    scene.run()
    assert scene.study.told[1] == ("failed", None, "oom")


def test_a_store_that_fails_again_and_again_takes_no_trial_its_time_to_save(scene: Scene) -> None:
    scene.executor = Executor({1: [None], 2: [None]})
    scene.executor.slots = 3

    def fail(*_: object) -> None:
        raise OSError("disk full")

    def fail_too(number: int, run_id: str) -> None:
        scene.recording.calls.append(("interrupted", number))
        raise OSError("still full")

    scene.study.tell = fail  # type: ignore[method-assign,assignment]
    scene.recording.interrupted = fail_too  # type: ignore[method-assign]
    with pytest.raises(OSError, match="disk full"):
        scene.run()
    ended = [number for what, number, *_ in scene.recording.calls if what == "interrupted"]
    assert ended == [1, 2]
    assert [process.asked for process in scene.executor.processes] == [[], ["stop"], ["stop"]]

"""The one process that owns a study: asks, starts trials, reads what they report, tells.

What a trial did is in its folder before the study is told of it, and the study knows it before its
run is closed. So a coordinator that dies anywhere leaves something that the next one can finish.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import wait
from signal import SIGINT
from typing import TYPE_CHECKING, Any

from dlcli.config.space import Value
from dlcli.errors import ConfigError
from dlcli.search.attempt import Attempt, judged, left_over, may_try_again
from dlcli.search.ending import Ending, in_common
from dlcli.search.executor import Executor
from dlcli.search.folder import SweepFolder
from dlcli.search.protocols import Recording, Watch
from dlcli.search.settings import Search
from dlcli.search.trial import STORAGE, Result

if TYPE_CHECKING:
    from dlcli.search.study import Study

POLL_S = 0.05
GRACE_S = 15.0  # for a trial that is asked to stop to save its checkpoint

Prepare = Callable[[int, Mapping[str, Value]], dict[str, Any]]


class Coordinator:
    """Runs the trials of a sweep until all are final, or something ends it.

    Args:
        folder: owned by this process.
        study: of the same sweep.
        executor: where trials run.
        recording: of their runs.
        search: limits: trials, time, failures, retries.
        total: how many trials there are to be.
        metrics: the objective's; the first one is judged by the pruner.
        prepare: what a trial's process is handed, by number and parameters.
        task: the trial's function as ``package.module:function``.
        watch: told how it goes.
        tidy: called when a trial has become final.
        clock: seconds, never jumping back.
    """

    def __init__(
        self,
        folder: SweepFolder,
        study: Study,
        executor: Executor,
        recording: Recording,
        search: Search,
        total: int,
        metrics: Sequence[str],
        prepare: Prepare,
        task: str,
        watch: Watch,
        tidy: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._study = study
        self._executor = executor
        self._recording = recording
        self._search = search
        self._total = total
        self._metrics = list(metrics)
        self._prepare = prepare
        self._task = task
        self._watch = watch
        self._tidy = tidy
        self._clock = clock
        self._running: dict[int, Attempt] = {}
        self._waiting: deque[int] = deque()
        self._next = 0
        self._completed = False
        self._open: deque[tuple[Attempt, Result]] = deque()  # told of, but their runs not closed
        self._failures: list[Result] = []  # in a row
        self._ending: Ending | None = None
        self._signal: int | None = None
        self._hurry = self._stopping = False
        self._error: Exception | None = None  # the first, raised once every trial has ended

    def stop(self, signal: int) -> None:
        """Start nothing more and end, at once if Ctrl-C asks again; for a signal's handler."""
        self._hurry = self._hurry or (self._signal is not None and signal == SIGINT)
        self._signal = self._signal or signal
        if self._hurry:
            for attempt in list(self._running.values()):
                attempt.handle.kill()

    def run(self) -> Ending:
        """Run trials until there are no more; returns why.

        Raises:
            StoreError: the study or the record cannot be written; trials are stopped first.
        """
        deadline = self._after(self._search.timeout_s)
        try:
            with self._kept():
                self._recover()
                self._go_on(deadline)
        finally:
            self._stop_running()
            with self._kept():
                self._close_runs()
        if self._error:
            raise self._error
        self._tidy()  # of what could not be touched
        if self._signal is not None:
            return Ending("stopped", self._signal)
        return self._ending or Ending("timeout" if self._more() else "finished")

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._error = self._error or error

    def _go_on(self, deadline: float) -> None:
        while self._ending is None:
            if self._signal is not None:
                self._ending = Ending("stopped", self._signal)
                break
            self._fill(deadline)
            self._close_runs()  # beside the next trial
            if not self._running:
                break
            self._rest()

    def _recover(self) -> None:
        """Finish what the coordinator before this one began, and queue what it left."""
        states = self._study.states()
        self._next = len(states)
        for number, state in sorted(states.items()):
            trial = self._folder.trial(number)
            if state == "running":
                self._executor.reclaim(trial)
                attempt = left_over(number, trial)
                if attempt is None:
                    self._waiting.append(number)
                else:
                    self._collect(attempt)
                continue
            self._completed = self._completed or state == "complete"
            about, result = trial.read(), trial.result()
            if about and result:
                self._recording.end(number, about["run_id"], judged(result, trial, self._metrics))
        self._tidy()

    def _after(self, seconds: float | None) -> float:
        return math.inf if seconds is None else self._clock() + seconds

    def _more(self) -> bool:
        return bool(self._waiting) or self._next < self._total

    def _fill(self, deadline: float) -> None:
        """Start trials as long as there is room for them."""
        while self._room() and self._more() and self._clock() < deadline:
            if self._waiting:
                self._start(self._waiting.popleft())
            else:
                self._next += 1
                self._start(self._next - 1)

    def _room(self) -> bool:
        free = len(self._running) < self._executor.slots
        return free and self._signal is None and self._ending is None

    def _start(self, number: int) -> None:
        trial = self._folder.trial(number)
        params = self._study.ask(number)
        about = trial.read()
        if about is None:
            trial.create(params)
            about = {"run_id": ""}
        run_id = about["run_id"] or self._recording.find(number)
        again = bool(run_id)
        if run_id:
            self._recording.go_on(number, run_id)
        else:
            run_id = self._recording.begin(number, params)
        if not about["run_id"]:
            trial.note_run(run_id)
        attempt = Attempt(number, trial, run_id, self._after(self._search.trial_timeout_s))
        try:
            payload = self._prepare(number, params) | {"run_id": run_id}
        except ConfigError as error:
            trial.write_result(Result("failed", "config", {}, str(error)))
            self._collect(attempt)
            return
        trial.clean()  # now, as what is being written later must stay
        attempt.handle = self._executor.start(trial, self._task, payload)
        self._running[number] = attempt
        self._watch.started(number, params, again)

    def _rest(self) -> None:
        """Wait for something to happen, and see to it."""
        wait([one.handle.sentinel for one in self._running.values()], POLL_S)
        for attempt in list(self._running.values()):
            self._judge(attempt)
            if not attempt.handle.alive:
                del self._running[attempt.number]
                self._collect(attempt)
            elif self._clock() > attempt.deadline:
                attempt.out_of_time = True
                attempt.handle.kill()
        self._watch.tick()

    def _judge(self, attempt: Attempt) -> None:
        """Read what a trial reported since, and ask it to stop where the pruner says so."""
        for report in attempt.new_reports():
            self._watch.reported(attempt.number, report.step, report.values)
            value = report.values.get(self._metrics[0])
            if len(self._metrics) > 1 or value is None or attempt.trial.stop_asked:
                continue
            if self._study.report(attempt.number, report.step, value):
                attempt.trial.ask_to_stop()

    def _collect(self, attempt: Attempt) -> None:
        """See to a trial without a process: final, or to be tried again."""
        attempt.trial.clean()
        self._judge(attempt)
        result = attempt.trial.result()
        ended_by_us = self._stopping or self._signal is not None  # interrupted, not lost
        if result is None and ended_by_us and not attempt.trial.stop_asked:
            self._recording.interrupted(attempt.number, attempt.run_id)
            return
        found = judged(result or attempt.lost(), attempt.trial, self._metrics)
        if may_try_again(found, attempt.trial.attempts(), self._search.retries):
            attempt.trial.set_aside(found)
            self._waiting.appendleft(attempt.number)
            self._watch.lost(attempt.number, found.reason, found.message)
            return
        if found.reason == STORAGE:  # no fault of the trial, which goes on when there is room
            attempt.trial.set_aside(found)
            self._waiting.appendleft(attempt.number)
            self._ending = self._ending or Ending(STORAGE, message=found.message)
            return
        if result is None:
            attempt.trial.write_result(found)
        self._finish(attempt, found)

    def _finish(self, attempt: Attempt, result: Result) -> None:
        number = attempt.number
        values = [result.values[name] for name in self._metrics if name in result.values]
        told = values if result.state == "complete" else None
        self._study.tell(number, result.state, told, result.reason)
        self._open.append((attempt, result))
        self._completed = self._completed or result.state == "complete"
        self._watch.ended(number, result)
        self._count_failure(result)

    def _close_runs(self) -> None:
        """Close the runs of trials that the study knows to be final."""
        while self._open:
            attempt, result = self._open.popleft()
            self._recording.end(attempt.number, attempt.run_id, result)
            self._tidy()

    def _count_failure(self, result: Result) -> None:
        """Notice when it makes no sense to go on."""
        self._failures = [*self._failures, result] if result.state == "failed" else []
        many = len(self._failures) >= self._search.max_failures
        same = result.reason in ("config", "metric")  # as it would be of every trial
        if result.state == "failed" and same and not self._completed:
            self._ending = Ending("config", message=result.message)
        elif many and (self._running or self._more()):
            self._ending = Ending("failures", message=in_common(self._failures))

    def _stop_running(self) -> None:
        """Ask what still runs to save and end; end it where it does not."""
        self._stopping = True
        for attempt in self._running.values():
            attempt.handle.kill() if self._hurry else attempt.handle.stop()
        deadline = self._clock() + GRACE_S
        while self._running:
            wait([one.handle.sentinel for one in self._running.values()], POLL_S)
            for attempt in list(self._running.values()):
                if not attempt.handle.alive:
                    del self._running[attempt.number]
                    with self._kept():
                        self._collect(attempt)
                elif self._clock() > deadline:
                    attempt.handle.kill()
            self._watch.tick()
        for number in self._waiting:
            if (about := self._folder.trial(number).read()) and about["run_id"]:
                with self._kept():
                    self._recording.interrupted(number, about["run_id"])

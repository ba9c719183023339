"""The run of one sweep: its trials, then what they show."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from dlcli.cli import output
from dlcli.cli.sweep_signals import interrupted_by_signals, stopped, stopped_by_signals
from dlcli.cli.swept import Swept, resume, swept
from dlcli.errors import StoreError

if TYPE_CHECKING:
    from dlcli.cli.sweeping import Parts
    from dlcli.config.compose import Config
    from dlcli.config.space import Value
    from dlcli.search.ending import Ending
    from dlcli.search.folder import Frozen, SweepFolder
    from dlcli.search.recording import SweepRecording
    from dlcli.search.study import Study
    from dlcli.search.trial import Result

TRIAL, TEST = "dlcli.training.trial:run", "dlcli.training.trial:test"


class Sweep:
    """A sweep whose folder this process owns.

    Args:
        folder: owned.
        frozen: what the sweep is.
        parts: what it works with.
        quiet: show no progress.
    """

    def __init__(self, folder: SweepFolder, frozen: Frozen, parts: Parts, quiet: bool) -> None:
        self.folder = folder
        self.frozen = frozen
        self.parts = parts
        self.quiet = quiet
        self.space = parts.made.space
        self.total = parts.made.total
        self._started = time.monotonic()

    def run(self) -> Swept:
        """Run what is missing, then look at all of it.

        Raises:
            Stopped: by a signal; everything is left so that the sweep can go on.
            StoreError: nothing more can be written; the same.
        """
        with interrupted_by_signals(self._advice):  # before the trials, or after them
            study = self._study()
            self.folder.reopen()
            record = self._recording()
            self.folder.freeze(self.frozen)  # with what was changed, now that all of it is good
            with self._advised():
                return self._finish(study, record)

    def _finish(self, study: Study, record: SweepRecording) -> Swept:
        from dlcli.search.trial import STORAGE

        ending = self._coordinate(study, record)
        if ending.signal is not None:
            record.stopped()
            raise stopped(ending.signal, self._advice())
        if ending.reason == STORAGE:
            record.stopped()
            raise StoreError(ending.message)
        return self._conclude(study, record, ending)

    @contextmanager
    def _advised(self) -> Iterator[None]:
        """Where nothing more can be written, say how to go on."""
        from dlcli.tracking.disk import refusal, removed

        try:
            yield
        except Exception as error:
            refused = error if isinstance(error, StoreError) else refusal(error)
            refused = refused or removed(error, self.folder.root)
            if refused is None:
                raise
            raise StoreError(f"{refused}; {self._advice()}") from error

    def _advice(self) -> str:
        return f"to go on: {resume(self.frozen.name, self.frozen.given)}"

    def _study(self) -> Study:
        from dlcli.search.study import Study

        make = Study.open if self.folder.has_study else Study.create
        study = make(
            self.parts.search.storage or f"sqlite:///{self.folder.database}",
            self.frozen.name,
            self.space,
            self.parts.search,
            self.parts.made.settings["pruner"],
            self.frozen.modes,
            self.frozen.allow,
        )
        self.folder.note_study()
        return study

    def _recording(self) -> SweepRecording:
        from dlcli.search.recording import SweepRecording

        return SweepRecording.open(self.parts.recorder, self.folder, self.frozen)

    def _coordinate(self, study: Study, record: SweepRecording) -> Ending:
        from dlcli.cli.sweep_display import display
        from dlcli.search.checkpoints import keep_best
        from dlcli.search.coordinator import Coordinator

        search = self.parts.search
        final = sum(state != "running" for state in study.states().values())
        best = study.best() if len(self.frozen.metrics) == 1 else None
        with display(self.folder, self.frozen, self.total, final, best, self.quiet) as watch:
            coordinator = Coordinator(
                folder=self.folder,
                study=study,
                executor=self.parts.executor,
                recording=record,
                search=search,
                total=self.total,
                metrics=self.frozen.metrics,
                prepare=self.payload,
                task=TRIAL,
                watch=watch,
                tidy=lambda: keep_best(record, search.keep_checkpoints),
            )
            with stopped_by_signals(coordinator):
                return coordinator.run()

    def payload(self, number: int, params: Mapping[str, Value]) -> dict[str, Any]:
        """What the process of a trial is handed; it goes through memory, as it may hold secrets."""
        from dlcli.search.sources import changed

        config = self._config(params)
        return {
            "config": asdict(config),
            "root": str(self.folder.root),
            "sweep": self.frozen.name,
            "number": number,
            "metrics": self.frozen.metrics,
            "threads": self.parts.executor.threads,
            "weights": self._weights(config.values["model"].get("init_from")),
            "command": self.frozen.command,
            "code": self.frozen.code,
            "changed": changed(self.frozen.sources),
        }

    def _config(self, params: Mapping[str, Value]) -> Config:
        """The configuration of a trial, from the files as they were at the start."""
        from dlcli.config.sweep import compose_trial, point_overrides

        made = self.parts.made
        overrides = [*made.overrides, *point_overrides(params)]
        config = compose_trial(overrides, self.folder.conf, made.base.allow)
        return replace(config, config_dir=self.frozen.config_dir)

    def _weights(self, reference: str | None) -> str | None:
        from dlcli.cli.sweep_weights import known_weights

        return known_weights(self.folder, reference, self.parts.recorder) if reference else None

    def _conclude(self, study: Study, record: SweepRecording, ending: Ending) -> Swept:
        """Test the best trial, and only that; draw; close the record."""
        from dlcli.search.summary import left, summarize
        from dlcli.search.trial import LOST, STORAGE

        summary = summarize(study, self.folder, self.frozen, ending.reason)
        tested = self._test(summary.get("best"))
        if tested.reason == STORAGE:
            record.stopped()
            raise StoreError(tested.message)
        test = tested.values
        if best := summary.get("best"):
            record.log_test(best["number"], best["run_id"], test)
            self._write_best(best)
        record.finish(study, summary, test, ending.reason)
        lost = f"the best trial was not tested: {tested.message}" if tested.reason in LOST else ""
        if ending.reason in ("finished", "timeout") and not lost:
            self.folder.finish({"summary": summary, "test": test})
        failures = Counter(one.reason for one in study.trials() if one.state == "failed")
        seconds = time.monotonic() - self._started
        if ending.reason == "timeout":
            count = left(summary["trials"], self.total)
            output.warn([f"search.timeout passed with {count} of {self.total} trials to go"])
        how = self.frozen, summary, test, self.total, ending.message or lost, failures, seconds
        return swept(self.folder, *how)

    def _test(self, best: Mapping[str, Any] | None) -> Result:
        """The test of the best trial's checkpoint, by a process of its own."""
        from dlcli.search.job import run_job
        from dlcli.search.trial import LOST, STORAGE, Result

        if best is None:
            return Result("complete", "finished", {})
        payload = self.payload(best["number"], best["params"]) | {"run_id": best["run_id"]}
        limits = self.parts.search.retries, self.parts.search.trial_timeout_s
        result = run_job(self.parts.executor, self.folder.path / "test", TEST, payload, *limits)
        if result.state != "complete" and result.reason not in (*LOST, STORAGE):
            output.warn([f"the best trial could not be tested: {result.message}"])
        return result

    def _write_best(self, best: Mapping[str, Any]) -> None:
        """The best trial's configuration, for ``dlcli train --config``."""
        import yaml

        from dlcli.config.redact import redact
        from dlcli.config.references import written
        from dlcli.tracking.folder import replace_file

        config = self._config(best["params"])
        values = written(redact(config.values, secrets=config.hidden), config.references)
        text = yaml.safe_dump(values, sort_keys=False)
        replace_file(self.folder.path / "best.yaml", text)

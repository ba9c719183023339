"""The record of a sweep: one parent run, and a run for each trial."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.config.space import Space, Value
from dlcli.errors import ConfigError
from dlcli.search import parent
from dlcli.search.checkpoints import Final
from dlcli.search.curve import Curve
from dlcli.search.folder import Frozen, SweepFolder
from dlcli.search.summary import status
from dlcli.search.trial import Result
from dlcli.tracking.client import Recorder
from dlcli.tracking.folder import RunFolder, replace_file
from dlcli.tracking.history import read_history
from dlcli.tracking.names import LONGEST
from dlcli.tracking.query import from_folder
from dlcli.tracking.run import Run, flatten
from dlcli.tracking.run_record import CHOICE

if TYPE_CHECKING:
    from dlcli.search.study import Study

DIGITS = 4  # of a trial's number in the name of its run, at least
STATUS = {"complete": "FINISHED", "pruned": "FINISHED", "failed": "FAILED"}


class SweepRecording:
    """The runs of a sweep; whatever is called again changes nothing.

    Args:
        recorder: of this process.
        folder: of the sweep, owned by this process.
        frozen: what the sweep is.
        run: the parent.
        resumed: whether trials may have runs that nobody noted.

    Attributes:
        with_checkpoints: final trials whose runs may have checkpoints, by number.
    """

    def __init__(
        self, recorder: Recorder, folder: SweepFolder, frozen: Frozen, run: Run, resumed: bool
    ) -> None:
        self._recorder = recorder
        self._folder = folder
        self._frozen = frozen
        self._run = run
        self._known: dict[int, str] | None = None if resumed else {}
        self._curve = Curve(frozen.metrics, frozen.modes)
        self.root = folder.root
        self.with_checkpoints: dict[int, Final] = {}

    @classmethod
    def open(cls, recorder: Recorder, folder: SweepFolder, frozen: Frozen) -> SweepRecording:
        """The record of a sweep: begun, or gone on with.

        Raises:
            BusyError: another process records it.
            StoreError: the store cannot be used.
        """
        run_id = parent.read(folder) or parent.find(folder, frozen)
        if run_id:
            try:
                run = recorder.reopen_run(run_id)
            except ConfigError:  # somebody removed it
                run_id = ""
        if not run_id:
            tags = {parent.KIND: "sweep", parent.NAME: frozen.name}
            run = recorder.create_run(frozen.name, tags)
        parent.note(folder, run.id)
        record = cls(recorder, folder, frozen, run, bool(run_id))
        record._describe()
        return record

    def _describe(self) -> None:
        """Record what the sweep is."""
        frozen, run = self._frozen, self._run
        space = Space.from_dict(frozen.space)
        searched = [one.key for one in space.parameters]
        flat = flatten(frozen.base)
        run.log_params({k: v for k, v in flat.items() if not _under(k, searched)})
        run.set_directions(dict(self._objectives()))  # type: ignore[arg-type]
        text = "; ".join(f"{one.key}: {one.domain}" for one in space.parameters)
        tags = {
            "dlcli.space": text,
            "dlcli.searched": json.dumps(list(dict.fromkeys(searched))),
            "dlcli.objective": ", ".join(frozen.metrics),
            "dlcli.search": str(frozen.settings.get("search", {}).get("kind", "")),
            "dlcli.command": shlex.join(frozen.command),
            **{f"{CHOICE}{group}": name for group, name in frozen.choices.items()},
            **{f"{CHOICE}{key}": "searched" for key in searched if key in frozen.choices},
        }
        if commit := frozen.code.get("commit"):
            tags["mlflow.source.git.commit"] = commit
        run.set_tags(tags)
        replace_file(run.artifacts / "sweep.json", (self._folder.path / "sweep.json").read_text())
        if diff := frozen.code.get("diff"):
            replace_file(run.artifacts / "git.diff", diff)

    @property
    def id(self) -> str:
        """Of the parent run."""
        return self._run.id

    @property
    def artifacts(self) -> Path:
        """Of the parent run."""
        return self._run.artifacts

    def find(self, number: int) -> str | None:
        """The run of a trial that was begun and not noted."""
        if self._known is None:
            self._known = parent.children(self._folder, self._frozen, self._run.id)
        return self._known.get(number)

    def begin(self, number: int, params: Mapping[str, Value]) -> str:
        """Create the run of a trial; returns its id.

        Raises:
            StoreError: the store cannot be used.
        """
        name = f"-{number:0{DIGITS}d}"
        name = self._frozen.name[: LONGEST - len(name)] + name
        tags = {
            parent.KIND: "trial",
            parent.NAME: self._frozen.name,
            parent.NUMBER: str(number),
            **{f"dlcli.mode.{name}": mode for name, mode in self._objectives()},
        }
        return self._recorder.create_child(name, tags, self._run.id, params)

    def go_on(self, number: int, run_id: str) -> None:
        """A trial's process is about to write to its run again."""
        self._recorder.adopt(run_id)

    def end(self, number: int, run_id: str, result: Result) -> None:
        """Close the run of a trial that is final, and note what that makes of the sweep.

        A pruned trial is FINISHED: it did what was asked of it; its reason is ``pruned``.
        """
        self._recorder.close_run(run_id, STATUS[result.state], result.reason)
        values = self._lower_is_better(result)
        self.with_checkpoints[number] = Final(number, run_id, values)
        for step, metrics in self._curve.add(number, result):
            self._run.log_metrics(metrics, step)

    def _lower_is_better(self, result: Result) -> tuple[float, ...] | None:
        if result.state != "complete":
            return None
        return tuple(
            result.values[name] if mode == "min" else -result.values[name]
            for name, mode in self._objectives()
        )

    def _objectives(self) -> Iterator[tuple[str, str]]:
        return zip(self._frozen.metrics, self._frozen.modes, strict=True)

    def interrupted(self, number: int, run_id: str) -> None:
        """Close the run of a trial that will go on another time."""
        self._recorder.close_run(run_id, "KILLED", "stopped")

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Mark the run of a final trial.

        Raises:
            BusyError: a process works on it.
        """
        self._recorder.log_to(run_id, {}, tags)

    def log_test(self, number: int, run_id: str, test: Mapping[str, float]) -> None:
        """Record the best trial's test metrics: on its run, and on the parent."""
        step = _last_step(RunFolder(self.root, run_id))
        self._recorder.log_to(run_id, test, {}, step)
        self._run.log_metrics(test, number)

    def stopped(self) -> None:
        """Close the parent; the sweep will go on another time."""
        self._run.finish("KILLED", "stopped")

    def finish(
        self, study: Study, summary: Mapping[str, Any], test: Mapping[str, float], reason: str
    ) -> bool:
        """Draw what the trials show, and close the parent.

        Args:
            study: of the sweep.
            summary: as `summary.summarize` gives it.
            test: metrics of the best trial.
            reason: why the sweep came to its end.

        Returns:
            Whether the store has everything.
        """
        from dlcli.search.findings import write_findings

        text = json.dumps({**summary, "test": dict(test)}, indent=1)
        replace_file(self.artifacts / "summary.json", text + "\n")
        best_yaml = self._folder.path / "best.yaml"
        if best_yaml.exists():
            replace_file(self.artifacts / "best.yaml", best_yaml.read_text())
        self._recorder.notices += write_findings(study, self._folder, self._frozen, self.artifacts)
        if best := summary.get("best"):
            self._log_best(best, summary["trials"]["total"])
        for final in self.with_checkpoints.values():
            self._recorder.keep_checkpoints(final.run_id)
        how = status(summary["trials"]["complete"], reason)
        why = reason if summary["trials"]["complete"] or reason != "finished" else "none complete"
        return self._run.finish(how, why)  # type: ignore[arg-type]

    def _log_best(self, best: Mapping[str, Any], total: int) -> None:
        if self._curve.best != best["value"]:  # a trial before it is not final
            self._run.log_metrics({f"best/{self._frozen.metrics[0]}": best["value"]}, total)
        self._run.set_tags(
            {
                "dlcli.best.trial": str(best["number"]),
                "dlcli.best.run_id": best["run_id"],
                "dlcli.best.params": json.dumps(best["params"]),
                **self._shared_choices(best["run_id"]),
            }
        )

    def _shared_choices(self, run_id: str) -> dict[str, str]:
        """Which options the trials were composed of, as one of their runs says."""
        found = from_folder(RunFolder(self.root, run_id))
        searched = {f"{CHOICE}{one['key']}" for one in self._frozen.space["parameters"]}
        tags = found.tags if found else {}
        choices = {key: text for key, text in tags.items() if key.startswith(CHOICE)}
        return choices | dict.fromkeys(searched & set(choices), "searched")


def _last_step(folder: RunFolder) -> int:
    """The last step of which a run has a metric."""
    series = read_history(folder.path)
    return max((points[-1][0] for points in series.values() if points), default=0)


def _under(name: str, keys: list[str]) -> bool:
    """Whether a parameter is one of the keys or part of one."""
    return any(name == key or name.startswith(f"{key}.") for key in keys)

"""The files of one trial, through which its process and the coordinator speak to each other.

Each is whole or absent whenever either of them dies: it is replaced as a whole, or appended to in
lines of which a torn last one does not count.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from dlcli.errors import StoreError
from dlcli.tracking.disk import unwritable
from dlcli.tracking.folder import replace_file, sync_folder
from dlcli.tracking.scratch import clear_scratch
from dlcli.tracking.spool import Spool, packed, read

State = Literal["complete", "pruned", "failed"]
STATES: tuple[State, ...] = get_args(State)
MESSAGE_LENGTH = 4000  # characters; the rest is in the log
TAIL_BYTES = 64 * 1024
LOST = ("killed", "exit")  # the reasons of a trial whose process left no result
STORAGE = "storage"  # the reason of a trial whose disk took nothing more


@dataclass(frozen=True)
class Report:
    """What a trial had measured after ``step`` epochs."""

    step: int
    values: dict[str, float]


@dataclass(frozen=True)
class Result:
    """How a trial ended.

    Args:
        reason: ``finished``, ``pruned``, ``diverged``, ``oom``, ``error``, ``config``, ``data``,
            ``storage``, ``killed``, ``timeout``, or ``exit`` for a process that ended without a
            result.
        values: by the name of the metric.
        seconds: from the start of its process to its end.
        fit_seconds: how many of them it trained.
        details: anything else that the task returned, as JSON can hold it.
    """

    state: State
    reason: str
    values: dict[str, float]
    message: str = ""
    seconds: float = 0.0
    fit_seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)

    def as_text(self) -> str:
        fields = asdict(self)
        fields["message"] = self.message[:MESSAGE_LENGTH]
        fields["values"] = {name: packed(float(value)) for name, value in self.values.items()}
        return json.dumps(fields) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Result:
        """The result that `as_text` wrote.

        Raises:
            ValueError, TypeError, LookupError: it is not one.
        """
        fields = json.loads(text)
        values = {name: float(value) for name, value in fields.pop("values").items()}
        return cls(values=values, **fields)


class TrialFolder:
    """``…/trials/00007``.

    Args:
        path: of the folder, named after the trial's number.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._spool: Spool | None = None

    @property
    def number(self) -> int:
        return int(self.path.name)

    @property
    def log(self) -> Path:
        """What the trial's processes printed last."""
        return self.path / "output.log"

    @property
    def lock(self) -> Path:
        """Locked by the trial's process as long as it lives."""
        return self.path / "lock"

    def create(
        self, params: Mapping[str, Any], overrides: Sequence[str] = (), run_id: str = ""
    ) -> None:
        """Make the folder and write what the trial is.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            sync_folder(self.path.parent)
            sync_folder(self.path.parent.parent)
        except OSError as error:
            raise unwritable(self.path, error) from error
        about = {"params": dict(params), "overrides": list(overrides), "run_id": run_id}
        self._replace("trial.json", json.dumps({"number": self.number, **about}) + "\n")

    def note_run(self, run_id: str) -> None:
        """Write which run records the trial."""
        about = self.read()
        if about is None:
            raise StoreError(f"{self.path / 'trial.json'}: missing or damaged")
        self._replace("trial.json", json.dumps(about | {"run_id": run_id}) + "\n")

    def read(self) -> dict[str, Any] | None:
        """What the trial is: number, params, overrides, run_id; None where it is not written."""
        with contextlib.suppress(OSError, ValueError):
            about = json.loads((self.path / "trial.json").read_text())
            return about if isinstance(about, dict) else None
        return None

    def append(self, report: Report) -> None:
        """Add a report; for the trial's process alone.

        Raises:
            StoreError: the disk is full, or the file cannot be written.
        """
        if self._spool is None:
            self._spool = Spool(self.path / "reports.jsonl")
        values = {name: packed(float(value)) for name, value in report.values.items()}
        self._spool.append({"step": report.step, "values": values})
        self._spool.sync()

    def reports(self, after: int = 0) -> tuple[list[Report], int]:
        """Whole reports from a place in the file on, and the place to go on from next time."""
        found = []
        for line, end in read(self.path / "reports.jsonl", after):
            after = end
            with contextlib.suppress(TypeError, ValueError, LookupError, AttributeError):
                values = {name: float(value) for name, value in line["values"].items()}
                found.append(Report(int(line["step"]), values))
        return found, after

    def write_result(self, result: Result) -> None:
        """Write how the trial ended; from here on it is not run again.

        Raises:
            StoreError: it cannot be written.
        """
        self._replace("result.json", result.as_text())

    def result(self) -> Result | None:
        """How the trial ended; None where it has not."""
        return _result(self.path / "result.json")

    def set_aside(self, result: Result) -> None:
        """Note an attempt that the trial survives, in one step; it has no result any more.

        Raises:
            StoreError: it cannot be written.
        """
        attempt = self.path / f"attempt-{len(self.attempts()) + 1}.json"
        if not (self.path / "result.json").exists():
            self._replace(attempt.name, result.as_text())
            return
        try:
            (self.path / "result.json").replace(attempt)
        except OSError as error:
            raise unwritable(self.path, error) from error
        sync_folder(self.path)

    def attempts(self) -> list[Result]:
        """The attempts that the trial survived, in their order."""
        paths = sorted(self.path.glob("attempt-*.json"), key=lambda path: (len(path.name), path))
        return [result for path in paths if (result := _result(path)) is not None]

    def ask_to_stop(self) -> None:
        """Ask the trial to end as pruned after this epoch.

        Raises:
            StoreError: it cannot be written.
        """
        self._replace("stop", "")

    @property
    def stop_asked(self) -> bool:
        return (self.path / "stop").exists()

    def tail(self, lines: int = 10) -> list[str]:
        """The last lines that were printed."""
        text = ""
        for path in (self.log.with_name(self.log.name + ".1"), self.log):
            with contextlib.suppress(OSError), path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
                text += file.read().decode(errors="replace")
        return text.splitlines()[-lines:]

    def clean(self) -> None:
        """Remove the halves of files whose writers died; for where none of them lives."""
        clear_scratch(self.path)

    def _replace(self, name: str, text: str) -> None:
        try:
            replace_file(self.path / name, text)
        except OSError as error:
            raise unwritable(self.path, error) from error


def _result(path: Path) -> Result | None:
    with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        return Result.from_text(path.read_text())
    return None

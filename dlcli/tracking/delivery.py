"""From the spool of one run to the store: each line at least once, with the effect of once."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from dlcli.errors import DlcliError
from dlcli.tracking import spool
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.tracking.store import Store

METRICS = 1000  # MLflow's limits on a batch
TEXTS = 100
BYTES = 400_000
PACE_S = 2.0  # between two deliveries of a run; each costs some milliseconds, whatever it holds
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


@dataclass
class Batch:
    """Lines that go to the store together."""

    metrics: list[tuple[str, float, int, int]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    status: dict[str, Any] | None = None
    size: int = 0
    end: int = 0

    def add(self, line: spool.Line, end: int) -> bool:
        """Take a line in; False where it does not fit any more."""
        size = end - self.end
        values: dict[str, Any] = line.get("values", {})
        metrics, params, tags = len(self.metrics), len(self.params), len(self.tags)
        count = metrics + params + tags
        kind = line.get("kind")
        room = {"metric": METRICS - count, "param": TEXTS - params, "tag": TEXTS - tags}
        full = len(values) > min(room.get(str(kind), METRICS), METRICS - count)
        if self.status is not None or (count and (full or self.size + size > BYTES)):
            return False
        if kind == "metric":
            step, at = line["step"], line["time"]
            self.metrics += [(key, float(v), at, step) for key, v in values.items()]
        elif kind == "param":
            self.params |= values
        elif kind == "tag":
            self.tags |= values
        elif kind == "status":
            self.status = line
        self.size += size
        self.end = end
        return True


class Delivery:
    """Brings what one run logged to its store, again and again until it is there.

    Args:
        store: where to.
        folder: the run's; its delivery lock is held as long as this object works.
    """

    def __init__(self, store: Store, folder: RunFolder) -> None:
        self.store = store
        self.folder = folder
        self.problem: str | None = None  # why the last try failed
        self.rejected = 0  # values that the store will never take
        self.deleted = False  # in the store, by a person
        self.done = False  # the run is over and the store has everything
        self.kept = False  # somebody may go on with the run, whatever its status is
        self.leaves = False  # nobody will ask for it again
        self._next_try = 0.0
        self._wait = FIRST_WAIT_S

    @property
    def pending(self) -> bool:
        """Whether there are lines that the store does not have."""
        with contextlib.suppress(OSError):
            return self.folder.delivered() < self.folder.spool.stat().st_size
        return False

    def attempt(self, now: bool = False) -> bool:
        """Deliver all there is, unless that was tried just now; close a run that is over.

        Args:
            now: do not mind when it was tried last.

        Returns:
            Whether the store has everything so far.
        """
        if self.done:
            return True
        if not self._own() or (not now and time.monotonic() < self._next_try):
            return False
        try:
            if self._deliver():
                self._next_try = time.monotonic() + PACE_S
            self._close()
        except Exception as error:  # whatever it is, the spool keeps the lines
            self.problem = self._explain(error)
            self._next_try = time.monotonic() + self._wait
            self._wait = min(LONGEST_WAIT_S, self._wait * 2)
            return False
        self.problem = None
        self._wait = FIRST_WAIT_S
        return True

    def notices(self) -> list[str]:
        """What a person should know of a run that is over."""
        title = f"run {self.folder.id[:8]}"
        lines = [f"{title}: not delivered yet: {self.problem}"] if self.problem else []
        if self.rejected:
            lines.append(
                f"{title}: the store refused {self.rejected} values, which are in "
                f"{self.folder.path / 'rejected.jsonl'}"
            )
        if self.deleted:
            lines.append(f"{title}: was deleted in the store; its folder is kept")
        return lines

    def release(self) -> None:
        self.folder.delivery_lock.release()

    def _own(self) -> bool:
        lock = self.folder.delivery_lock
        return lock.held or lock.acquire()

    def _explain(self, error: Exception) -> str:
        return str(error) if isinstance(error, DlcliError) else str(self.store.refuse(error))

    def _close(self) -> None:
        """Let go of a run that is over: nobody has to look at it again."""
        info = self.folder.read()
        if self.kept or info is None or info.status == "RUNNING":
            return
        if self.pending and not self.deleted:
            return
        if info.upload and info.store_id and not self.deleted:
            self.store.upload(info.store_id, self.folder.artifacts, info.later)
        self.folder.unmark()
        self.done = True

    def _deliver(self) -> bool:
        """Bring to the store what it does not have; whether there was anything."""
        info = self.folder.read()
        if info is None or not self.pending or self.deleted:
            return False
        if info.store_id is None:
            info = self._create(info)
        try:
            self._drain(str(info.store_id))
        except Exception as error:
            if getattr(error, "error_code", "") != "RESOURCE_DOES_NOT_EXIST":
                self.deleted = self.store.is_deleted(str(info.store_id))
                if not self.deleted:
                    raise
                return False
            # The server lost its runs: a new one takes the place, and gets everything.
            info = self._create(info)
            self._drain(str(info.store_id))
        return True

    def _create(self, info: RunInfo) -> RunInfo:
        store_id = self.store.find_linked(info.id)
        if store_id is None or store_id == info.store_id:
            tags = info.tags | {"dlcli.run_id": info.id}
            store_id = self.store.create_run(info.name, info.created, tags).info.run_id
        self.folder.set_delivered(0)
        return self.folder.update(store_id=store_id, upload=True)

    def _drain(self, store_id: str) -> None:
        offset = self.folder.delivered()
        batch = Batch(end=offset)
        for line, end in spool.read(self.folder.spool, offset):
            if not batch.add(line, end):
                self._send(store_id, batch)
                batch = Batch(end=batch.end)
                batch.add(line, end)
        self._send(store_id, batch)

    def _send(self, store_id: str, batch: Batch) -> None:
        if batch.metrics or batch.params or batch.tags:
            try:
                self.store.log(store_id, batch.metrics, batch.params, batch.tags)
            except Exception as error:
                if _transient(error) or self.store.is_deleted(store_id):
                    raise
                self._send_singly(store_id, batch)
        if batch.status is not None:
            line = batch.status
            self.store.set_status(store_id, line["status"], line["reason"], line["time"])
        self.folder.set_delivered(batch.end)

    def _send_singly(self, store_id: str, batch: Batch) -> None:
        """Find what the store will never take, and keep it aside."""
        for metric in batch.metrics:
            self._send_one(store_id, [metric], {}, {})
        for key, value in batch.params.items():
            self._send_one(store_id, [], {key: value}, {})
        for key, value in batch.tags.items():
            self._send_one(store_id, [], {}, {key: value})

    def _send_one(
        self,
        store_id: str,
        metrics: list[tuple[str, float, int, int]],
        params: dict[str, str],
        tags: dict[str, str],
    ) -> None:
        try:
            self.store.log(store_id, metrics, params, tags)
        except Exception as error:
            if _transient(error):
                raise
            self.rejected += 1
            entry = {"metrics": metrics, "params": params, "tags": tags, "why": str(error)[:500]}
            with (self.folder.path / "rejected.jsonl").open("a") as file:
                file.write(json.dumps(entry) + "\n")


def _transient(error: Exception) -> bool:
    """Whether the same call may succeed later."""
    return getattr(error, "error_code", "") != "INVALID_PARAMETER_VALUE"

"""The recorder process: brings what runs logged to the store, beside the training."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dlcli.errors import DlcliError
from dlcli.tracking import intent, reconcile
from dlcli.tracking.children import begin_with
from dlcli.tracking.closing import DYING_S, close_abandoned
from dlcli.tracking.delivery import Delivery
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.tracking.pipe import Pipe
from dlcli.tracking.practice import practise
from dlcli.tracking.settings import MLflow
from dlcli.tracking.store import Store, old_file_store
from dlcli.tracking.uri import resolve, scrub, secrets

POLL_S = 0.5
MOST_RELEASED = 32  # each holds two files open
CHILD_S = 12.0  # a child's process has ten seconds to stop once the one that started it is gone
FAREWELL_S = 10.0  # for a store that does not answer, once the training is gone


class Process:
    """Answers the training process and delivers in between."""

    def __init__(self, pipe: Pipe, hello: dict[str, Any]) -> None:
        self.pipe = pipe
        self.settings = MLflow(**hello["settings"])
        self.root = Path(hello["root"])
        target = resolve(self.settings, self.root)
        self.store = Store(target, self.settings.experiment, self.root)
        self.deliveries: dict[str, Delivery] = {}
        self.released: list[Delivery] = []  # to deliver as soon as nobody waits for an answer
        self.delivered_at = time.monotonic()
        self.logging = False  # whether its words go to the folder of its first run
        self.notices: list[str] = []
        self.repair: threading.Thread | None = None
        self.closing = False
        self.store.notify = lambda line: pipe.reply({"say": line})

    def serve(self) -> None:
        """Work until the training process hangs up or dies."""
        with contextlib.suppress(Exception):  # told when a run is to be created
            self.store.prepare()
            if self.store.target.path is not None:
                practise(self.store.experiment)
        while not self.closing:
            message = self.pipe.receive(self._patience())
            if message is not None:
                self._answer(message)
                self._look_around()
            elif self.pipe.ended:
                break
            if message is None or self._late():
                self._deliver()
        self._end()

    def _late(self) -> bool:
        """Whether the messages have kept it from delivering for too long."""
        waited = time.monotonic() - self.delivered_at
        return waited > 2 * POLL_S or len(self.released) >= MOST_RELEASED

    def _patience(self) -> float | None:
        """Seconds to wait for a message; None for as long as it takes."""
        if not self.deliveries:
            return None
        return 0.0 if self.released else POLL_S

    def _answer(self, message: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"number": message["number"]}
        try:
            reply |= getattr(self, "do_" + message["command"])(message)
        except DlcliError as error:
            reply |= {"error": str(error), "kind": error.kind}
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            reply |= {"error": str(self.store.refuse(error)), "kind": "store"}
        reply["notices"], self.notices = self.notices, []
        self.pipe.reply(reply)

    def do_create(self, message: dict[str, Any]) -> dict[str, Any]:
        """A new run in the store, with its folder."""
        info = RunInfo(
            id="",
            name=message["name"],
            experiment=self.settings.experiment,
            uri=self.store.target.shown,
            local=self.store.target.local,
            created=int(time.time() * 1000),
            tags=message["tags"],
            later=message.get("later", ""),
            owner=message["owner"],
        )
        self.store.open()
        folder = intent.create(self.store, self.root, info)
        self._take(folder).kept = message.get("keep", False)
        begin_with(folder, message.get("params", {}))
        line = old_file_store(self.root) if self.store.target.local else None
        self.notices += [line] if line else []
        return {"id": folder.id}

    def do_open(self, message: dict[str, Any]) -> dict[str, Any]:
        """See that the store can be used."""
        if not self.settings.offline:
            self.store.open()
        return {}

    def do_adopt(self, message: dict[str, Any]) -> dict[str, Any]:
        """Go on with a run that is there, whether the store can be reached or not."""
        delivery = self._take(RunFolder(self.root, message["id"]))
        delivery.kept = message.get("keep", False)
        return {}

    def do_let_go(self, message: dict[str, Any]) -> dict[str, Any]:
        """Deliver the end of a run in its time, and see to it no more."""
        delivery = self.deliveries.get(message["id"])
        delivery = delivery or self._take(RunFolder(self.root, message["id"]))
        delivery.kept = False
        delivery.leaves = True
        self.released.append(delivery)
        return {}

    def do_records(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the store knows of its runs."""
        from dlcli.tracking.stored import from_client

        return {"records": [vars(record) for record in from_client(self.store)]}

    def do_finish(self, message: dict[str, Any]) -> dict[str, Any]:
        """Deliver the end of a run, and of those before it."""
        if self.released:
            self._deliver()
        delivery = self.deliveries.get(message["id"])
        if delivery is None:
            return {"delivered": False}
        delivery.attempt(now=True)
        if delivery.done:
            self._forget(delivery)
        else:
            self.notices.extend(delivery.notices())
        return {"delivered": delivery.done}

    def do_close(self, message: dict[str, Any]) -> dict[str, Any]:
        """Say the last notices and end."""
        self.closing = True
        if self.repair is not None:
            self.repair.join(message["wait"])
        return {}

    def _take(self, folder: RunFolder) -> Delivery:
        if folder.id in self.deliveries:
            self.deliveries[folder.id].release()
        folder.delivery_lock.acquire(1.0)
        delivery = self.deliveries[folder.id] = Delivery(self.store, folder)
        if not self.logging:
            self.logging = True
            _log_to(folder.path / "recorder.log")
        return delivery

    def _deliver(self) -> None:
        for delivery in list(self.deliveries.values()):
            delivery.attempt(now=delivery in self.released)
            if delivery.leaves and delivery.done:
                self._forget(delivery)
        self.released = []
        self.delivered_at = time.monotonic()

    def _forget(self, delivery: Delivery) -> None:
        delivery.release()
        del self.deliveries[delivery.folder.id]
        self.notices.extend(delivery.notices())

    def _look_around(self) -> None:
        """Once the first run is there, see to those that others left."""
        if self.deliveries and self.repair is None:
            with contextlib.suppress(OSError):
                os.nice(5)  # from here on the training comes first
            self.repair = threading.Thread(target=self._reconcile, daemon=True)
            self.repair.start()

    def _reconcile(self) -> None:
        """In a thread, as the store of another run may be slow."""
        lines = reconcile.reconcile(self.settings, self.root, self.store)
        self.notices.extend(lines)  # of now: the list is replaced with every reply

    def give_up(self) -> None:
        """End at once where there is no run to see to."""
        if not self.deliveries:
            self.store.close()
            os._exit(0)

    def _end(self) -> None:
        """Close what the training left, as its death or its hurry demands.

        A child's process may take its time to stop; who outstays it is left to the next start.
        """
        start = time.monotonic()
        left = [(one, CHILD_S if one.kept else DYING_S) for one in self.deliveries.values()]
        for delivery, _ in left:
            delivery.kept = False
        while left:
            left = [(one, limit) for one, limit in left if not _conclude(one, start, limit)]
            time.sleep(0.1 if left else 0.0)
        if self.repair is not None:
            self.repair.join(max(1.0, start + FAREWELL_S - time.monotonic()))
        self.store.close()


def _conclude(delivery: Delivery, start: float, patience: float) -> bool:
    """Close a run whose process is gone, and deliver it; whether nothing is left to do or to try.

    Args:
        start: when the last process to tell us anything was seen to be gone.
        patience: seconds from then on that the run's own process may take.
    """
    waited = time.monotonic() - start
    close_abandoned(delivery.folder, wait=0.0)
    info = delivery.folder.read()
    over = info is None or info.status != "RUNNING" or waited > patience
    if waited < CHILD_S + FAREWELL_S:
        delivery.attempt(now=over)
    if not over or (delivery.problem and waited < FAREWELL_S):
        return False
    delivery.release()
    return True


def _log_to(path: Path) -> None:
    """Have everything that is printed from here on in a file."""
    with contextlib.suppress(OSError):
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(log, 2)
        os.dup2(log, 1)
        os.close(log)


class Scrubbed:
    """The log, with secrets as ``***``."""

    def __init__(self, file: Any, hidden: list[str]) -> None:
        self._file = file
        self._hidden = hidden

    def write(self, text: str) -> int:
        self._file.write(scrub(text, self._hidden))
        self._file.flush()
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def main() -> None:
    """Serve the process that holds the other end of the pipes."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends when the training does, not before
    pipe = Pipe()
    hello = pipe.receive(None)
    if hello is None:
        return
    sys.stderr = Scrubbed(sys.stderr, secrets(hello["settings"]["uri"] or ""))
    process = Process(pipe, hello)
    signal.signal(signal.SIGTERM, lambda *_: process.give_up())
    process.serve()
    sys.stderr.flush()
    os._exit(0)  # taking MLflow down in order would cost most of a second


if __name__ == "__main__":
    main()

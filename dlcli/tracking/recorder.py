"""The recorder process: brings what runs logged to the store, beside the training."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dlcli.errors import DlcliError
from dlcli.tracking import intent, reconcile
from dlcli.tracking.delivery import Delivery
from dlcli.tracking.folder import RunFolder, RunInfo
from dlcli.tracking.settings import MLflow
from dlcli.tracking.store import Store, old_file_store
from dlcli.tracking.uri import resolve, scrub, secrets

POLL_S = 0.5
FAREWELL_S = 10.0  # for a store that does not answer, once the training is gone


class Pipe:
    """The line from and to the training process."""

    def __init__(self) -> None:
        self._in = sys.stdin.fileno()
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed goes to the log
        self._buffer = b""
        self._parent: int | None = None
        self.ended = False

    def receive(self, timeout: float | None) -> dict[str, Any] | None:
        """The next message; None when there is none in time, or never again (``ended``)."""
        while b"\n" not in self._buffer and not self.ended:
            if not select.select([self._in], [], [], timeout)[0]:
                # A forked child of the training can hold the pipe open after its death.
                self.ended = self._parent is not None and os.getppid() != self._parent
                return None
            data = os.read(self._in, 65536)
            self.ended = not data
            self._buffer += data
        if b"\n" not in self._buffer:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        self._parent = message.get("parent", self._parent)
        return message

    def reply(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            os.write(self._out, json.dumps(message, default=str).encode() + b"\n")


class Process:
    """Answers the training process and delivers in between."""

    def __init__(self, pipe: Pipe, hello: dict[str, Any]) -> None:
        self.pipe = pipe
        self.settings = MLflow(**hello["settings"])
        self.root = Path(hello["root"])
        target = resolve(self.settings, self.root)
        self.store = Store(target, self.settings.experiment, self.root)
        self.deliveries: dict[str, Delivery] = {}
        self.notices: list[str] = []
        self.repair: threading.Thread | None = None
        self.closing = False
        self.store.notify = lambda line: pipe.reply({"say": line})

    def serve(self) -> None:
        """Work until the training process hangs up or dies."""
        with contextlib.suppress(Exception):  # told when a run is to be created
            self.store.prepare()
        while not self.closing:
            message = self.pipe.receive(self._patience())
            if message is not None:
                self._answer(message)
                self._look_around()
            elif self.pipe.ended:
                break
            else:
                self._deliver()
        self._end()

    def _patience(self) -> float | None:
        """Seconds to wait for a message; None for as long as it takes."""
        if not self.deliveries:
            return None
        return POLL_S

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
            owner=message["owner"],
        )
        self.store.open()
        folder = intent.create(self.store, self.root, info)
        self._take(folder)
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
        self._take(RunFolder(self.root, message["id"]))
        return {}

    def do_records(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the store knows of its runs."""
        from dlcli.tracking.query import from_client

        return {"records": [vars(record) for record in from_client(self.store)]}

    def do_finish(self, message: dict[str, Any]) -> dict[str, Any]:
        """Deliver the end of a run."""
        delivery = self.deliveries.get(message["id"])
        if delivery is None:
            return {"delivered": False}
        delivery.attempt(now=True)
        self.notices.extend(delivery.notices())
        if delivery.done:
            delivery.release()
            del self.deliveries[message["id"]]
        return {"delivered": delivery.done}

    def do_close(self, message: dict[str, Any]) -> dict[str, Any]:
        """Say the last notices and end."""
        self.closing = True
        if self.repair is not None:
            self.repair.join(message["wait"])
        return {}

    def _take(self, folder: RunFolder) -> None:
        if folder.id in self.deliveries:
            self.deliveries[folder.id].release()
        folder.delivery_lock.acquire(1.0)
        self.deliveries[folder.id] = Delivery(self.store, folder)
        if len(self.deliveries) > 1:
            return
        with contextlib.suppress(OSError):
            log = os.open(folder.path / "recorder.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.dup2(log, 2)
            os.dup2(log, 1)
            os.close(log)

    def _deliver(self) -> None:
        for delivery in self.deliveries.values():
            delivery.attempt()

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
        """Close what the training left, as its death or its hurry demands."""
        deadline = time.monotonic() + FAREWELL_S
        for delivery in self.deliveries.values():
            reconcile.close_abandoned(delivery.folder)
            delivery.attempt(now=True)
            while delivery.problem and time.monotonic() < deadline:
                time.sleep(0.2)
                delivery.attempt(now=True)
            delivery.release()
        if self.repair is not None:
            self.repair.join(max(1.0, deadline - time.monotonic()))
        self.store.close()


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

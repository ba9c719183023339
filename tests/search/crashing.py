"""A sweep in processes that may be killed, and how long what is left of them lives."""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dlcli.errors import DlcliError
from dlcli.tracking.disk import refusal
from tests.search.processes import descendants
from tests.search.steps import Plan, Steps, lose_unsynced
from tests.search.stub_sweep import STEPS, Spec, sweep

STUCK_S = 60.0  # nothing may take longer
POLL_S = 0.003


@dataclass(frozen=True)
class Ran:
    """How a run of the sweep ended.

    Args:
        status: of the coordinator; minus the signal that ended it.
        seconds: until then.
        lingered: seconds from then on until every other process was gone, too.
        kills: how many processes, or groups of them, were killed.
    """

    status: int
    seconds: float
    lingered: float
    kills: int = 0


@dataclass(frozen=True)
class Kills:
    """SIGKILLs at random times.

    Args:
        what: a trial, the coordinator, or the group of all processes.
        seed: of the times, and of the trial.
        gap: seconds between two of them, at most.
    """

    what: str
    seed: int
    gap: float


def run(
    root: Path,
    spec: Spec,
    notes: Path | None = None,
    plan: Plan | None = None,
    kills: Kills | None = None,
    command: Callable[[Path, Spec], int] = sweep,
) -> Ran:
    """Run a sweep in a process of its own, with one above it that sees to what is left.

    Args:
        notes: where its steps are noted.
        plan: where it dies, or what is noted.
        kills: what is killed when.
        command: what the process does.
    """
    read, write = os.pipe()
    janitor = os.fork()
    if janitor == 0:
        try:
            os.close(read)
            ran = _oversee(root, spec, notes, plan, kills, command)
            os.write(write, json.dumps(vars(ran)).encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(janitor, 0)
    return Ran(**json.loads(said))


def _oversee(
    root: Path,
    spec: Spec,
    notes: Path | None,
    plan: Plan | None,
    kills: Kills | None,
    command: Callable[[Path, Spec], int],
) -> Ran:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans come here
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _coordinate(root, spec, notes, plan, command)
    status, killed = _await(pid, root, kills)
    seconds = time.monotonic() - begun
    power = plan is not None and plan.power
    if power:
        end_all()
    lingered = _await_orphans()
    if power and notes is not None:
        lose_unsynced(notes / "journal", root)
    return Ran(status, seconds, lingered, killed)


def _await(pid: int, root: Path, kills: Kills | None) -> tuple[int, int]:
    """The status of the coordinator, and how many kills there were until it ended."""
    chance = random.Random(kills.seed if kills else 0)
    begun, killed = time.monotonic(), 0
    due = begun + chance.uniform(0, kills.gap) if kills else math.inf
    while time.monotonic() - begun < STUCK_S:
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(code), killed
        if kills and time.monotonic() > due:
            killed += _kill(kills.what, pid, root, chance)
            due = time.monotonic() + chance.uniform(0, kills.gap)
        time.sleep(POLL_S)
    end_all()
    raise TimeoutError(f"the sweep is stuck; see {root}")


def _kill(what: str, coordinator: int, root: Path, chance: random.Random) -> bool:
    if what == "group":
        end_all()
        return True
    if what == "coordinator":
        os.kill(coordinator, signal.SIGKILL)
        return True
    trials = [pid for pid in descendants(os.getpid()) if pid in _trials(root)]
    with contextlib.suppress(ProcessLookupError, IndexError):  # it has just ended; there is none
        os.kill(chance.choice(trials), signal.SIGKILL)
        return True
    return False


def _trials(root: Path) -> list[int]:
    """Processes that trials had, by what they wrote."""
    found = []
    for path in root.glob("sweeps/*/trials/*/process.json"):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(json.loads(path.read_text())["pid"]))
    return found


def _coordinate(
    root: Path,
    spec: Spec,
    notes: Path | None,
    plan: Plan | None,
    command: Callable[[Path, Spec], int],
) -> None:
    status = 1
    try:
        os.setsid()
        if notes is not None:
            STEPS.append(Steps(root, notes, plan or Plan("", 0)))
            STEPS[0].install()
        status = command(root, spec)
    except DlcliError as error:
        status = error.status
    except BaseException as error:
        refused = refusal(error)
        status = refused.status if refused else 1
        if refused is None:
            traceback.print_exc()
    finally:
        os._exit(status)


def end_all() -> None:
    """Kill every process below this one."""
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _await_orphans() -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < STUCK_S:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(POLL_S)
        except ChildProcessError:
            break
    return time.monotonic() - begun

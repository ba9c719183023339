"""A training whose main thread hears no signal, as it waits outside Python, ends all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The main thread waits for a lock of the system's that it holds itself, which nothing interrupts.
HELD_UP = """
import ctypes, os, signal, sys, threading, time
from dlcli.training import unheard
from dlcli.training.startup import import_lightning
import_lightning()
from dlcli.training.stopping import StopRequest
patience, again, numbers, held_up = eval(sys.argv[1])
unheard.PATIENCE_S, unheard.AGAIN_S = patience, again
request = StopRequest(lambda number: print("at once", number, flush=True))
request.install()
def send():
    for number in numbers:
        time.sleep(0.3)
        os.kill(os.getpid(), number)
threading.Thread(target=send, daemon=True).start()
libc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(64)
libc.pthread_mutex_lock(lock)
while held_up == "later" and request.signal is None:
    time.sleep(0.01)
if held_up:
    libc.pthread_mutex_lock(lock)
for _ in range(30):
    time.sleep(0.1)
print("went on")
"""


def run(*given: object) -> tuple[int, str, str]:
    """How it ended, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", HELD_UP, repr(given)], capture_output=True, text=True, timeout=100
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_that_is_not_heard_ends_it_after_a_while(
    number: signal.Signals, status: int
) -> None:
    ended, printed, said = run(0.5, 60, [int(number)], True)
    assert (ended, printed) == (status, f"at once {int(number)}\n")
    assert said == f"error: stopped by {number.name} at once, as no batch came to its end\n"


def test_ctrl_c_again_ends_it_sooner() -> None:
    start = time.monotonic()
    assert run(60, 0.5, [2, 2], True)[:2] == (130, "at once 2\n")
    assert time.monotonic() - start < 40


def test_ctrl_c_again_ends_one_that_heard_it_and_was_held_up_then() -> None:
    start = time.monotonic()
    ended, printed, said = run(60, 0.5, [2, 2], "later")
    assert (ended, printed) == (130, "at once 2\n")
    assert said.startswith("stopping after this batch")
    assert time.monotonic() - start < 40


def test_one_whose_main_thread_hears_may_take_its_time() -> None:
    ended, printed, said = run(0.5, 0.5, [15, 15], False)
    assert (ended, printed) == (0, "went on\n")
    assert said == "stopping after this batch; once more to stop at once\n"


CHILD = """
import ctypes, os, signal, sys, threading, time
from dlcli.training import unheard
from dlcli.training.startup import import_lightning
import_lightning()
from dlcli.training.stopping import StopRequest
unheard.PATIENCE_S = 0.3
StopRequest(lambda number: None).install()
child = os.fork()
if child == 0 and sys.argv[1] == "hears":
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.1)
    os._exit(0)
if child == 0:
    StopRequest(lambda number: None).install()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    libc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_lock(lock)
    libc.pthread_mutex_lock(lock)
print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
time.sleep(1)
print("end")
"""


@pytest.mark.parametrize(("child", "status"), [("hears", 0), ("held up", 143)])
def test_the_signals_of_a_forked_child_are_its_own(child: str, status: int) -> None:
    command = [sys.executable, "-c", CHILD, child]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (0, f"child {status}\nend\n")


LATER = """
import os, signal, threading, time
from dlcli.training import unheard
from dlcli.training.startup import import_lightning
import_lightning()
from dlcli.training.stopping import StopRequest
unheard.PATIENCE_S = 0.5
for request in [StopRequest(lambda number: None) for _ in range(3)]:
    request.install()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.1)
    assert request.signal == signal.SIGTERM
threads = threading.active_count()
StopRequest(lambda number: None).install()
signal.signal(signal.SIGTERM, lambda *_: None)  # what the last request is not told of any more
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(1)
print(threads)
"""


def test_one_thread_sees_to_all_trainings_of_a_process_and_to_no_signal_of_others() -> None:
    command = [sys.executable, "-c", LATER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (0, "2\n")


BETWEEN = """
import signal, time
from dlcli.cli.sweep_signals import interrupted_by_signals
from dlcli.errors import Stopped
from dlcli.training import unheard
from dlcli.training.startup import import_lightning
import_lightning()
from dlcli.training.stopping import StopRequest
unheard.PATIENCE_S = 0.3
request = StopRequest(lambda number: None)
request.install()
request.over()
try:
    with interrupted_by_signals(lambda: "start it again"):
        signal.raise_signal(signal.SIGTERM)
except Stopped as error:
    print(error)
time.sleep(1)
"""


def test_once_a_training_is_over_its_signals_are_those_of_whoever_takes_them() -> None:
    command = [sys.executable, "-c", BETWEEN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (0, "stopped by SIGTERM; start it again\n")


STUCK = """
import threading, time
from dlcli.training.startup import import_lightning
import_lightning()
from dlcli.training import stopping
stopping.LAST_S = 0.3
request = stopping.StopRequest(lambda number: time.sleep(600))
request.install()
threading.Thread(target=request.end, args=(15,)).start()
time.sleep(600)
"""


def test_it_ends_even_where_the_record_of_its_end_cannot_be_written() -> None:
    command = [sys.executable, "-c", STUCK]
    assert subprocess.run(command, capture_output=True, timeout=100).returncode == 143


OBEYED = """
import os, signal, threading, time
from dlcli.training import unheard
from dlcli.training.startup import import_lightning
import_lightning()
from dlcli.training.stopping import StopRequest
unheard.AGAIN_S = 0.2
def at_once(number):
    time.sleep(1.5)
    print("recorded", flush=True)
StopRequest(at_once).install()
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.1)
os.kill(os.getpid(), signal.SIGINT)
time.sleep(600)
"""


def test_one_that_obeys_is_given_the_time_to_record_its_end() -> None:
    command = [sys.executable, "-c", OBEYED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (130, "recorded\n")
    assert done.stderr == "stopping after this batch; once more to stop at once\n"


def test_it_ends_where_nobody_reads_what_it_says_any_more() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", HELD_UP, repr((0.5, 60, [15], True))]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=writer, timeout=100)
    os.close(writer)
    assert done.returncode == 143


IN_THE_TEST = """
import signal
from pathlib import Path
from dlcli.config.compose import compose
from dlcli.training.startup import import_lightning
import_lightning()
from pytorch_lightning.callbacks import Callback
from dlcli.training import session
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
class Whose(Callback):
    def _say(self, trainer, *_):
        print([request.handles(number) for number in SIGNALS])
    on_sanity_check_end = on_train_batch_end = on_test_batch_end = _say
config = compose("train", ["data=digits", "model=linear", "trainer=cpu", "trainer.max_epochs=1",
    "trainer.limit_train_batches=1", "trainer.limit_test_batches=1", "tracking=none",
    "trainer.num_sanity_val_steps=1"])
made = session.Session(config, Path.cwd(), True, more=[Whose()])
request = made.stop
made.complete(Path.cwd())
from dlcli.training.unheard import watch
print("over", watch._request is None)
"""


def test_signals_are_its_own_in_every_stage(tmp_path: Path) -> None:
    command = [sys.executable, "-c", IN_THE_TEST]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.stdout.splitlines() == [*["[True, True, True]"] * 3, "over True"], done.stderr

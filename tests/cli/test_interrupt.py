"""No Ctrl-C is lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import os, signal, time, weakref
from dlcli.cli.interrupt import hear_again

def ends(*_):
    os.kill(os.getpid(), signal.{name})
    time.sleep(1)

class Object:
    {method}

def handle(number, frame):
    print(signal.Signals(number).name, flush=True)
    raise KeyboardInterrupt

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, handle)
hear_again()
one = Object()
reference = weakref.ref(one{callback})
try:
    del one
    time.sleep(20)
    print("lost")
except KeyboardInterrupt:
    print("heard")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(("method", "callback"), [("pass", ", ends"), ("__del__ = ends", "")])
def test_a_signal_is_heard_where_python_ignores_exceptions(
    name: str, method: str, callback: str
) -> None:
    code = CODE.format(name=name, method=method, callback=callback)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == [name, "SIGINT", "heard"]
    assert done.stderr == ""


def test_another_error_that_python_ignores_is_told() -> None:
    code = (
        "from dlcli.cli.interrupt import hear_again\n"
        "class Object:\n    def __del__(self): raise ValueError('told')\n"
        "hear_again()\nObject()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "ValueError: told" in done.stderr

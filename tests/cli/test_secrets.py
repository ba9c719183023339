"""A secret of a run is in no file and in no message, and every command takes it once more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcli.config import modules
from tests.cli.refusing import Answer, run

CANARY = "canary-4711"
TOKEN = f"data.token={CANARY}"
OWN = """
from dlcli.data.digits import Digits


class Guarded(Digits):
    def __init__(self, token: str, note: str = "", batch_size: int = 64):
        super().__init__(batch_size=batch_size, device="cpu")
        assert token == "canary-4711"
"""


def forget_own_code() -> None:
    modules.find.cache_clear()
    sys.modules.pop("guarded_pkg", None)


@pytest.fixture(autouse=True)
def guarded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A run, stopped after one epoch, whose data asks for a token."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    forget_own_code()
    (folder / "guarded_pkg.py").write_text(OWN)
    allowed = '[tool.dlcli]\nallow = ["guarded_pkg"]\nconfig_dir = "mine"\n'
    (folder / "pyproject.toml").write_text(allowed)
    (folder / "mine/data").mkdir(parents=True)
    (folder / "mine/data/guarded.yaml").write_text(
        "_target_: guarded_pkg.Guarded\ntoken: ???\nnote: ''\nbatch_size: 64\n"
    )
    options = ("model=linear", "trainer=cpu", "trainer.max_epochs=1", "scheduler=none")
    done = dlcli("train", "--name", "night", *options, "data=guarded", TOKEN)
    assert done.status == 0, done.error
    yield folder
    forget_own_code()


def dlcli(*arguments: str) -> Answer:
    """Run a command without a store; what it says and writes holds no secret."""
    folder = Path.cwd()
    answer = run([*arguments, "tracking=none"], folder)
    assert CANARY not in answer.output + answer.error
    runs = (folder / "mlruns").rglob("*")
    assert [path for path in runs if path.is_file() and CANARY.encode() in path.read_bytes()] == []
    return answer


def test_an_evaluation_stores_no_secret() -> None:
    done = dlcli("evaluate", "night", TOKEN, f"data.note=say {CANARY}")
    assert done.status == 0, done.error


def test_other_data_of_an_evaluation_stores_no_secret(guarded: Path) -> None:
    done = dlcli("evaluate", "night", "--data", f"token={CANARY}")
    assert done.status == 0, done.error
    assert "data        token=***" in done.output

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


def test_a_run_goes_on_once_its_secret_is_given_again() -> None:
    done = dlcli("train", "--resume", "night", "trainer.max_epochs=2")
    assert (done.status, done.error) == (
        2,
        "error: data.token: a secret, which is not recorded; give it again, data.token=VALUE",
    )
    done = dlcli("train", "--resume", "night", "trainer.max_epochs=2", TOKEN)
    assert done.status == 0, done.error


def test_a_finished_run_needs_no_secret_to_say_so() -> None:
    for words in ([], [TOKEN]):
        done = dlcli("train", "--resume", "night", *words)
        assert done.status == 0, done.error
        assert done.error == "warning: run night is finished; there is nothing to resume"


def test_a_variable_that_is_set_gives_a_secret_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_TOKEN", CANARY)
    monkeypatch.setenv("TO_SAY_TOKEN", CANARY)
    words = ("data.token=${oc.env:OWN_TOKEN}", "data.note='say ${oc.env:TO_SAY_TOKEN}'")
    options = ("model=linear", "trainer=cpu", "trainer.max_epochs=1", "scheduler=none")
    done = dlcli("train", "--name", "by_variable", *options, "data=guarded", *words)
    assert done.status == 0, done.error
    done = dlcli("train", "--resume", "by_variable", "trainer.max_epochs=2")
    assert done.status == 0, done.error
    monkeypatch.delenv("OWN_TOKEN")
    done = dlcli("evaluate", "by_variable")
    assert (done.status, done.error) == (
        2,
        "error: the run's record: data.token: the environment variable OWN_TOKEN is not set",
    )
    done = dlcli("evaluate", "by_variable", TOKEN)
    assert done.status == 0, done.error


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--resume", "night", "+model.net.token=canary-4711", "model.net.x=1"],
        ["runs", TOKEN],
        ["sample", "night", TOKEN, "seed=1"],
        ["evaluate", TOKEN],
        ["reproduce", "night", "model.url=http://me:canary-4711@host"],
    ],
)
def test_no_refusal_shows_a_secret(words: list[str]) -> None:
    done = dlcli(*words)
    assert done.status == 2
    assert done.error


def test_a_sample_takes_the_secret_of_its_run() -> None:
    done = dlcli("sample", "night")
    assert "data.token: a secret, which is not recorded; give it again" in done.error
    done = dlcli("sample", "night", TOKEN)
    assert done.error.startswith("error: RUN night: is no language model")

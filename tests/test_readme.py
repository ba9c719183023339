"""Every command of the README does what the README shows, in the order in which it is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests import document, terminal, tiny

COMMANDS = [step for step in document.read() if isinstance(step, document.Command)]
OURS = [command for command in COMMANDS if command.line.startswith("dlcli")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder, with small files in the place of the reader's own."""
    work = tmp_path_factory.mktemp("reader") / "work"
    work.mkdir()
    prepare(work)
    return work


def prepare(work: Path) -> None:
    tiny.write_images(work / "my_mnist", train=200, test=20)
    tiny.write_houses(work / "houses.csv")
    tiny.write_photos(work / "photos")
    tiny.write_text(work / "novel.txt")
    tiny.write_reviews(work / "reviews.tsv")
    tiny.write_signals(work / "ecg_train.txt")
    tiny.write_signals(work / "ecg_test.txt")


@pytest.fixture(scope="module")
def written() -> set[str]:
    return set()


@pytest.mark.parametrize("command", OURS, ids=lambda command: command.line)
def test_command(command: document.Command, folder: Path, written: set[str]) -> None:
    if "trainer=gpu" in command.line and torch.cuda.is_available():
        pytest.skip("the README shows what a machine without a GPU answers")
    write_files_before(command, folder, written)
    done = terminal.run(command.line, folder, interrupt_at(command))
    assert done.status == command.status, done.output
    printed = done.output.replace(str(folder), "/home/me/digits")
    assert document.shows(command.output, printed), printed


def interrupt_at(command: document.Command) -> str | None:
    """What the reader waits for before Ctrl-C."""
    if "^C" not in command.output:
        return None
    return "trial 4 starts" if command.line.startswith("dlcli sweep") else "epoch 2/"


def write_files_before(command: document.Command, folder: Path, written: set[str]) -> None:
    """Write what the README has the reader write up to a command."""
    steps = document.read()
    for step in steps[: steps.index(command)]:
        if isinstance(step, document.File) and step.path not in written:
            document.write(step, folder)
            written.add(step.path)


def test_other_commands_are_those_that_set_it_up() -> None:
    assert [command.line for command in COMMANDS if command not in OURS] == ["make train"]

"""Every command of the README does what the README shows, in the order in which it is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dlcli.data.idx import FILES
from tests import document, terminal
from tests.data.idx_files import encode

COMMANDS = [step for step in document.read() if isinstance(step, document.Command)]
OURS = [command for command in COMMANDS if command.line.startswith("dlcli")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder, with a few images in the place of MNIST."""
    work = tmp_path_factory.mktemp("reader") / "work"
    work.mkdir()
    write_images(work / "my_mnist")
    return work


def write_images(root: Path) -> None:
    root.mkdir()
    for (name, kind), file in FILES.items():
        labels = np.arange(200 if name == "train" else 20, dtype=np.uint8) % 10
        pixels = np.broadcast_to(labels[:, None, None], (len(labels), 28, 28))
        (root / file).write_bytes(encode(pixels if kind == "images" else labels))


@pytest.fixture(scope="module")
def written() -> set[str]:
    return set()


@pytest.mark.parametrize("command", OURS, ids=lambda command: command.line)
def test_command(command: document.Command, folder: Path, written: set[str]) -> None:
    if "trainer=gpu" in command.line and torch.cuda.is_available():
        pytest.skip("the README shows what a machine without a GPU answers")
    write_files_before(command, folder, written)
    interrupt_at = "epoch 2/" if "^C" in command.output else None
    done = terminal.run(command.line, folder, interrupt_at)
    assert done.status == command.status, done.output
    printed = done.output.replace(str(folder), "/home/me/digits")
    assert document.shows(command.output, printed), printed


def write_files_before(command: document.Command, folder: Path, written: set[str]) -> None:
    """Write what the README has the reader write up to a command."""
    steps = document.read()
    for step in steps[: steps.index(command)]:
        if isinstance(step, document.File) and step.path not in written:
            document.write(step, folder)
            written.add(step.path)


def test_other_commands_are_those_that_set_it_up() -> None:
    assert [command.line for command in COMMANDS if command not in OURS] == ["make train"]

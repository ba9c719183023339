"""Every command of the tutorial, the README and the how-tos does what its page shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from tests import document
from tests.document import ROOT, Command
from tests.reader import Reader

COMMANDS = [step for step in document.read(*document.guide()) if isinstance(step, Command)]
OURS = [command for command in COMMANDS if command.line.startswith(("dlcli", "python "))]
# Pages and commands that other tests try, too, in less time.
SLOW = ("models: ", "own-data: ", "own-model: ", "evaluate: ", "show: ", "transfer: ", "gpu: ")
SLOW += ("programs: ", "tracking: ", "sweeps: dlcli sweep --plan ")
SLOW += ("resume: dlcli doctor",)
SLOW += ("--name lenet5 ", "--name reviews ", "--name beats ", "--name glance ")


def case(command: Command) -> Any:
    """A command with its page, of those that are slow with the mark of it."""
    name = f"{command.page.stem}: {command.line}"
    marks = [pytest.mark.slow] if any(text in name for text in SLOW) else []
    return pytest.param(command, id=name, marks=marks)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(document.guide(), tmp_path_factory.mktemp("reader") / "work")


@pytest.mark.parametrize("command", [case(command) for command in OURS])
def test_command(command: Command, reader: Reader) -> None:
    if "trainer=gpu" in command.line and torch.cuda.is_available():
        pytest.skip("the page shows what a machine without a GPU answers")
    printed = reader.type(command)
    assert document.shows(command.output, printed), printed


def test_other_commands_are_those_that_set_it_up() -> None:
    others = {command.line for command in COMMANDS if command not in OURS}
    folder = {"mkdir -p ~/digits", "cd ~/digits"}
    assert others == {"make train", "source .venv/bin/activate", *folder}


def test_links_of_the_readme_lead_somewhere() -> None:
    text = document.README.read_text(encoding="utf-8")
    targets = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert [path for path in targets if path and not (ROOT / path).exists()] == []

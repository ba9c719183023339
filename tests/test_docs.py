"""The site: what is generated is whole, and no page shows what is not run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.main import get_command

import dlcli
from dlcli.cli.main import app
from dlcli.config.catalogue import groups, options
from tests import document
from tests.conftest import environment, run_command
from tests.document import DOCS, ROOT, guide, menu

sys.path.insert(0, str(DOCS))
from hooks import pages


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages()


def test_every_command_with_its_options_is_in_the_reference(generated: dict[str, str]) -> None:
    sections = dict(
        part.split("\n", 1) for part in generated["reference/commands.md"].split("\n## dlcli ")[1:]
    )
    commands = vars(get_command(app))["commands"]
    assert sections.keys() == commands.keys()
    for name, command in commands.items():
        for parameter in command.params:
            shown = parameter.opts if parameter.param_type_name == "option" else [parameter.metavar]
            assert all(f"`{text}`" in sections[name] for text in shown), (name, shown)


def test_every_option_of_the_configuration_is_in_the_reference(generated: dict[str, str]) -> None:
    for group in groups():
        page = generated[f"reference/configuration/{group}.md"]
        shown = re.findall(rf"^## {group}=(\S+) ", page, re.MULTILINE)
        assert shown == [name for name, _ in options(group)]
        assert all(line in page for _, line in options(group))


def test_keys_are_shown_as_they_are_typed_with_value_and_meaning(
    generated: dict[str, str],
) -> None:
    page = generated["reference/configuration/data.md"]
    assert (
        "| `data.max_categories` | `100` | A column with more different texts is refused. |" in page
    )
    # of a docstring, where the file has no comment
    assert "| `data.augment.flip` | `false` | Mirror half of the images, left for right. |" in page


def test_what_is_there_for_notebooks_is_in_the_reference(generated: dict[str, str]) -> None:
    public = [name for name in dlcli.__all__ if not name.startswith("_")]
    page = generated["reference/python.md"]
    assert [name for name in public if f"### dlcli.{name}\n" not in page] == []


def test_every_group_is_in_the_menu() -> None:
    menu_text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [g for g in groups() if f"reference/configuration/{g}.md" not in menu_text] == []


@pytest.mark.parametrize("page", [*guide(), *menu()], ids=lambda page: page.stem)
def test_nothing_is_shown_to_be_typed_that_no_test_types(page: Path) -> None:
    blocks = re.findall(r"^(`[^`\n]+`:\n\n)?```(\w+)$", page.read_text(), re.MULTILINE)
    # a block is a session, or a file that the page names, or nothing that a reader would type
    assert {language for name, language in blocks if not name} <= {"console", "text"}


@pytest.mark.slow
def test_the_job_goes_on_where_the_one_before_it_was_stopped(tmp_path: Path) -> None:
    (script,) = [
        step
        for step in document.read(DOCS / "how-to" / "cluster.md")
        if isinstance(step, document.File) and step.path == "job.sh"
    ]
    document.write(script, tmp_path)
    stopped = job(tmp_path, "epoch 2/")
    assert stopped.wait(60) == 128 + signal.SIGTERM
    assert job(tmp_path).wait(120) == 0
    (run,) = run_command(tmp_path, "runs", "--json").json["runs"]
    assert (run["run_name"], run["status"]) == ("night", "FINISHED")


def job(folder: Path, end_at: str = "") -> subprocess.Popen[bytes]:
    """Start the job; once it has printed a text, end it as a scheduler does."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    log = (folder / "log.txt").open("wb")
    started = subprocess.Popen(
        ["bash", "job.sh"],
        cwd=folder,
        env=environment(folder, PATH=path),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    while end_at and end_at not in (folder / "log.txt").read_text():
        assert started.poll() is None
        time.sleep(0.05)
    if end_at:
        os.killpg(started.pid, signal.SIGTERM)
    return started

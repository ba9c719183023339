"""What a person sees of a sweep in MLflow's own UI, without touching more than is said here."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import WAIT_MS, chromium, swept  # noqa: F401
from tests.conftest import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(600)

NAMES = ["digits-lr", "digits-lr-0002", "digits-lr-0001", "digits-lr-0000"]
OBJECTIVE = "best/val/loss"
BY_SCORE = f"""
    SELECT name, r.run_uuid FROM runs r LEFT JOIN latest_metrics m ON m.run_uuid = r.run_uuid
    AND m.key = '{OBJECTIVE}' ORDER BY name = '{NAMES[0]}', value
"""
SEARCHED = ["optimizer.lr", "optimizer.weight_decay"]


@pytest.fixture(scope="module")
def ui(chromium, swept: Path) -> Iterator[dict[str, str]]:  # noqa: F811
    """What ``dlcli ui`` said: its addresses by their names."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dlcli", "ui"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=swept,
        env=environment(swept.parent),
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    yield dict(re.split(r"  +", line.strip()) for line in lines)
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def page(chromium: Browser, ui) -> Iterator[Page]:  # noqa: F811
    """One page for all tests, as the UI takes seconds to load."""
    page = chromium.new_page(viewport={"width": 1400, "height": 700})
    page.set_default_timeout(WAIT_MS)
    yield page
    page.close()


@pytest.fixture(scope="module")
def ids(swept: Path) -> dict[str, str]:  # noqa: F811
    """The runs' ids by their names, the best trial first."""
    with closing(sqlite3.connect(swept / "mlruns" / "mlflow.db")) as database:
        return dict(database.execute(BY_SCORE))


def test_the_trials_are_nested_under_their_sweep(ui, page: Page):
    page.goto(ui["runs"])
    links = page.locator(".ag-row a")
    links.first.wait_for()
    if links.count() == 1:  # else they are shown already, as they were the last time
        page.locator(".ag-row").get_by_role("button").first.click()
    page.get_by_role("link", name=NAMES[-1]).wait_for()
    assert links.all_inner_texts() == NAMES
    edges = [links.nth(place).bounding_box()["x"] for place in range(len(NAMES))]
    assert edges[0] < edges[1] == edges[2] == edges[3]


def test_selected_trials_compare_by_what_was_searched_and_the_objective(ui, page: Page):
    page.goto(f"{ui['runs']}&searchFilter=tags.`dlcli.kind`='trial'")
    for name in NAMES[1:]:
        page.locator(".ag-row").filter(has_text=name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare").click()
    axes = page.locator("text.axis-title")
    axes.first.wait_for()
    assert axes.all_text_contents() == [*SEARCHED, OBJECTIVE]


def test_three_trials_differ_in_what_was_searched_alone_and_have_a_curve_each(ui, page, ids):
    runs = json.dumps([ids[name] for name in NAMES[1:]])
    page.goto(f'{ui["MLflow UI"]}/#/compare-runs?runs={runs}&experiments=["1"]')
    page.get_by_role("switch", name="Parameters - Show diff only").click()
    page.locator("tr", has=page.get_by_text("_target_", exact=True)).wait_for(state="detached")
    differing = page.locator("tr.diff-row th").all_inner_texts()
    assert differing[:2] == SEARCHED
    page.get_by_role("link", name=OBJECTIVE, exact=True).click()
    for name in NAMES[1:]:
        page.get_by_text(f"{name} ({OBJECTIVE})", exact=True).wait_for()
    page.wait_for_function(
        "new Set([...document.querySelectorAll('.scatterlayer .js-line')]"
        ".map(line => line.getAttribute('d'))).size == 3"
    )


def test_the_view_of_a_sweep_shows_all_that_was_searched_the_best_first(ui, page: Page, ids):
    page.goto(ui["sweep digits-lr"])
    axes = page.locator("text.label")
    axes.first.wait_for()
    first, second, *others = axes.all_text_contents()
    assert [first, second[-6:], *others] == [SEARCHED[0], SEARCHED[1][-6:], OBJECTIVE]
    assert page.locator(".ag-row a").all_inner_texts() == list(ids)[:3]


def test_the_figures_of_a_sweep_open(ui, page: Page, ids):
    page.goto(f"{ui['MLflow UI']}/#/experiments/1/runs/{ids['digits-lr']}/artifacts")
    page.get_by_text("figures", exact=True).click()
    page.get_by_text("parallel.png").click()
    figure = page.locator("img[src^='blob:']").first
    figure.wait_for()
    assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)") == 726

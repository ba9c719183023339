"""Chromium without a window, a sweep to look at, and what a page does that it should not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests import terminal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SWEEP = (
    "dlcli sweep model=linear optimizer.lr='tag(log, interval(1e-3, 1e-1))' "
    "optimizer.weight_decay='interval(0, 0.01)' search=random search.n_trials=3 "
    "trainer.max_epochs=2 --name digits-lr --quiet"
)
# For the sweep and for a page, on a machine that does other things, too.
SWEEP_S, WAIT_MS = 500, 60_000


@dataclass
class Watched:
    """A page, and all that it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> Watched:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self._hear(line.type, line.text))
        return self

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; skips where Chromium or its driver is not installed.

    No longer than for a file: its driver keeps an event loop in this thread.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    driver = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    """An empty page of a desktop's size."""
    page = chromium.new_page(viewport={"width": 1600, "height": 1200})
    page.set_default_timeout(WAIT_MS)
    yield Watched(page).watch()
    page.close()


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep of three trials, the same for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = base / "swept" / "here"
    with FileLock(base / "swept.lock"):
        if not (folder / "mlruns").exists():
            folder.mkdir(parents=True, exist_ok=True)
            process = terminal.start(SWEEP, folder)
            process.join(SWEEP_S)
            if process.exitcode != 0:
                process.kill()
                shutil.rmtree(folder)
                pytest.fail(f"the sweep ended with {process.exitcode}: {terminal.shown(folder)}")
    return folder


@pytest.fixture
def swept_copy(swept: Path, tmp_path: Path) -> Path:
    """The same sweep in a folder of this test's own."""
    return Path(shutil.copytree(swept, tmp_path / "swept"))

"""``dlcli report``: one file that opens anywhere, and belongs to the run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import Watched, chromium, swept, swept_copy, watched  # noqa: F401
from tests.cli.test_imports import loaded
from tests.conftest import Trained

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def at_run(trained_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained_copy)
    return trained_copy


def artifacts(folder: Path, run_id: str) -> Path:
    return folder / "mlruns" / "runs" / run_id / "artifacts"


def test_a_run_is_reported_and_has_the_report(at_run: Path, trained: Trained, dlcli):
    done = dlcli("report", "first", "--json")
    run_id = trained.result["run_id"]
    written = at_run / "report-first.html"
    assert done.json == {"report": str(written), "runs": [run_id], "attached": run_id}
    assert (artifacts(at_run, run_id) / "report.html").read_text() == written.read_text()
    page = written.read_text()
    score = f"test/acc {trained.result['metrics']['test/acc']:.4g}"
    assert f"Finished after 2 of 2 epochs; {score} at the best checkpoint (epoch 2)." in page
    assert "dlcli train model=linear trainer.max_epochs=2 --name first" in page
    assert "dlcli reproduce first" in page


def test_a_report_of_ours_is_written_again_and_nothing_else(at_run: Path, dlcli):
    assert dlcli("report", "first", "--output", "a.html").status == 0
    assert dlcli("report", "first", "--output", "a.html").status == 0
    (at_run / "notes.html").write_text("<p>mine</p>")
    done = dlcli("report", "first", "--output", "notes.html")
    assert (done.status, done.stderr) == (
        2,
        "error: --output notes.html: this file is no report of dlcli, so it is not replaced; "
        "name another one with --output\n",
    )
    assert (at_run / "notes.html").read_text() == "<p>mine</p>"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (".", "error: --output .: a folder; name a file in it\n"),
        ("no/a.html", "error: --output no/a.html: there is no folder no; make it first\n"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_first(at_run: Path, dlcli, file, said):
    done = dlcli("report", "first", "--output", file)
    assert (done.status, done.stderr) == (2, said)


def test_a_run_that_is_not_there_is_refused(at_run: Path, dlcli):
    done = dlcli("report", "frist")
    assert done.status == 2
    assert "did you mean first?" in done.stderr
    assert dlcli("report", "tracking.experiment=dlcli").status == 2


def test_a_run_recorded_elsewhere_is_reported_without_its_files(at_run: Path, trained, dlcli):
    shutil.rmtree(at_run / "mlruns" / "runs")
    done = dlcli("report", "first", "--json")
    assert (done.status, done.json["attached"]) == (0, None)
    assert "its folder is not here, so the report is not attached" in done.stderr
    page = (at_run / "report-first.html").read_text()
    assert "curves, figures and files are missing" in page


def test_a_report_loads_no_torch_and_no_mlflow(trained_copy: Path):
    found = loaded(trained_copy, "report", "first")
    assert "dlcli.report.page" in found
    heavy = {"torch", "pytorch_lightning", "mlflow", "optuna", "pandas", "sklearn"}
    assert found.isdisjoint({*heavy, "hydra", "omegaconf"})


@pytest.fixture
def reports(swept_copy: Path, monkeypatch: pytest.MonkeyPatch, dlcli) -> list[Path]:  # noqa: F811
    """Of a sweep, and of two of its trials."""
    monkeypatch.chdir(swept_copy)
    assert dlcli("report", "digits-lr").status == 0
    assert dlcli("report", "digits-lr-0000", "digits-lr-0001").status == 0
    return [swept_copy / f"report-digits-lr{end}.html" for end in ("", "-0000-and-1-more")]


def headings(page: Page) -> list[str]:
    return page.locator("h1, h2").all_inner_texts()


def test_a_report_opens_from_disk_without_a_request_or_an_error(watched, reports):  # noqa: F811
    sweep, several = reports
    watched.page.goto(sweep.as_uri())
    assert headings(watched.page) == [
        "digits-lr",
        "Parameters",
        "Learning curves of the best trial",
        "Metrics of the best trial",
        "Figures",
        "Trials",
        "Cost",
        "Environment",
        "How it was made, and how to go on",
    ]
    assert watched.page.locator("tr.best").count() == 1
    sizes = watched.page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(sizes) >= 5
    assert min(sizes) > 0
    watched.page.goto(several.as_uri())
    assert headings(watched.page)[1:] == ["Side by side", "digits-lr-0000", "digits-lr-0001"]
    fetched = [url for url in watched.requests if not url.startswith("data:")]
    assert fetched == [sweep.as_uri(), several.as_uri()]
    assert watched.complaints == []


def test_a_report_fits_the_window_and_is_dark_where_that_is_liked(
    at_run: Path,
    dlcli,
    watched: Watched,  # noqa: F811
):
    assert dlcli("report", "first").status == 0
    page = watched.page
    page.goto((at_run / "report-first.html").as_uri())
    for width in (400, 800, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    grounds = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 23, 24)"}

"""Every model trains on every kind of data that makes sense, and refuses every other with why."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
import pytorch_lightning as pl

from dlcli.errors import ConfigError
from tests import matrix
from tests.matrix import COLUMNS, Column

ROOT = Path(__file__).parents[1]
PAGES = {ROOT / "docs" / "how-to" / "models.md": matrix.models, ROOT / "README.md": matrix.families}
CELLS = [
    pytest.param(option, column, id=f"{option}, {column.name}")
    for option in matrix.models()
    for column in COLUMNS
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # A referee that has seen random examples longer knows no more of them.
    monkeypatch.setattr("dlcli.models.judge.STEPS", 2)


@pytest.mark.parametrize(("option", "column"), CELLS)
def test_a_model_trains_or_says_why_not(option: str, column: Column) -> None:
    if not matrix.works(option, column):
        assert re.match(r"model(=[\w/]+|(\.\w+)*): \w.{20}", reason(option, column))
        return
    metrics = trained(option, column).callback_metrics
    assert metrics
    assert all(value.isfinite() for value in metrics.values()), metrics


def reason(option: str, column: Column) -> str:
    """The only problem of a refusal."""
    with pytest.raises(ConfigError) as refusal:
        matrix.build(option, column)
    (problem,) = refusal.value.problems
    return problem


def trained(option: str, column: Column) -> pl.Trainer:
    """The trainer after one epoch of one batch, and its validation."""
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(matrix.build(option, column), matrix.Random(column))
    return trainer


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_readme_and_the_page_of_models_show_the_matrix(page: Path) -> None:
    shown = re.search(r"<!-- matrix -->\n(.*?)<!-- /matrix -->", page.read_text(), re.DOTALL)
    assert shown, f"{page.name} has no <!-- matrix --> and <!-- /matrix --> markers"
    assert shown[1].strip() == matrix.table(PAGES[page]())

"""A model looks at other data through what its own training fitted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dlcli.evaluation.data_option import with_data
from dlcli.evaluation.member import measured, restored
from dlcli.evaluation.request import Request
from dlcli.training.source import Source, of_run
from tests.training.parted import train

OTHER = Request("test", other=("mine",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a configuration of the digits, z-scored, by another name."""
    (tmp_path / "conf/data").mkdir(parents=True)
    mine = "_target_: dlcli.data.digits.Digits\nseed: 0\nnormalize: zscore\n"
    (tmp_path / "conf/data/mine.yaml").write_text(mine)
    return tmp_path


def trained(folder: Path, rule: str) -> tuple[Source, dict[str, float]]:
    """A run whose inputs go through a rule, asked for other data; and its metrics."""
    ended = train((f"data.normalize={rule}", "trainer.max_epochs=1"), folder / rule)
    (run,) = (folder / rule / "runs").iterdir()
    source = of_run(run.name, rule, run / "artifacts", [], ())
    scores = {name: points[-1][1] for name, points in ended.metrics.items() if "test/" in name}
    config = with_data(source.config, "mine", [], folder / "conf")
    return replace(source, config=config), scores


def scores(metrics) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name != "test/ece"}


@pytest.mark.parametrize("rule", ["none", "minmax", "zca"])
def test_other_data_goes_through_the_rule_of_the_run(rule: str, folder: Path) -> None:
    source, expected = trained(folder, rule)
    found = measured(restored(source, OTHER, folder), "test").metrics
    assert scores(found) == pytest.approx(expected)


def test_each_of_several_models_looks_through_its_own_rule(folder: Path) -> None:
    first, _ = trained(folder, "zscore")
    second, expected = trained(folder, "none")
    one = restored(first, OTHER, folder)
    two = restored(second, OTHER, folder, [one])
    assert scores(measured(two, "test").metrics) == pytest.approx(expected)
    assert restored(first, OTHER, folder, [one]).data is one.data

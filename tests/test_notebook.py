"""``import dlcli`` is instant, and gives recorded runs as tables once they are asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dlcli
from tests.cli.test_imports import HEAVY
from tests.recorded import record_runs


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notebook")
    record_runs(folder)
    return folder


@pytest.fixture
def compare(store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.chdir(store)
    return dlcli.compare


def test_importing_dlcli_loads_nothing_of_it():
    code = "import dlcli, sys; print(*dir(dlcli), '|', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, modules = (part.split() for part in done.stdout.split("|"))
    assert {"runs", "compare", "load", "__version__"} <= set(names)
    assert {name for name in modules if name.startswith("dlcli")} == {"dlcli"}
    assert set(modules).isdisjoint({*HEAVY, "typer", "numpy"})


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'dlcli' has no attribute 'runz'"):
        _ = dlcli.runz


def test_runs_are_a_table_with_a_row_each_and_types_that_fit(store: Path, monkeypatch):
    monkeypatch.chdir(store)
    table = dlcli.runs().set_index("run_name")
    assert list(table.index[:3]) == ["tune-3", "tune-2", "tune-1"]
    assert table.loc["mlp-2", "metrics.test/acc"] == 0.95
    assert table.loc["mlp-2", ["kind", "status", "model"]].tolist() == ["train", "FINISHED", "mlp"]
    types = {name: str(table[f"params.{name}"].dtype) for name in ("seed", "optimizer.lr")}
    assert types == {"seed": "Int64", "optimizer.lr": "float64"}
    assert str(table["params.optimizer.fused"].dtype) == "boolean"
    assert table["params.trainer.max_time"].isna().all()
    assert str(table["started"].dtype.tz) == "UTC"


def test_runs_are_the_newest_that_a_filter_means(store: Path, monkeypatch):
    monkeypatch.chdir(store)
    table = dlcli.runs(last=2, where="metrics.`test/acc` > 0.93")
    assert table["run_name"].tolist() == ["tune-3", "tune-2"]


def test_a_comparison_has_a_row_for_all_seeds_of_a_setting(compare):
    table = compare(where="attributes.status = 'FINISHED'")
    assert table["params.model"].tolist() == ["mlp", "linear"]
    assert (table["n"].tolist(), table["seeds"].tolist()) == ([3, 3], [["2", "1", "0"]] * 2)
    assert table["metrics.test/acc"].tolist() == pytest.approx([0.94, 0.84])
    assert table["metrics.test/acc.std"].tolist() == pytest.approx([0.01, 0.02])
    assert table.attrs["metric"] == "test/acc"
    (line,) = table.attrs["verdict"]
    assert line.startswith("In test/acc, model=mlp is ahead of model=linear by 0.1: distinguish")


def test_a_sweep_s_trials_have_what_was_searched_as_numbers(compare):
    table = compare(sweep="tune", sort="optimizer.lr")
    assert table["run"].tolist() == ["tune-1", "tune-0"]
    assert table["params.optimizer.lr"].tolist() == [0.01, 0.1]
    assert table.attrs["metric"] == "val/loss"


def test_what_the_numbers_may_not_mean_is_a_warning(compare, monkeypatch):
    from dlcli.comparison import compare as module

    monkeypatch.setattr(module, "cautions", lambda groups: ["not the same data"])
    with pytest.warns(UserWarning, match="not the same data"):
        compare("mlp-0", "linear-0")

"""A filter means the runs that MLflow would find, and a mistyped one is refused with the name."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcli.errors import ConfigError
from dlcli.tracking.filter import Filter
from dlcli.tracking.run_record import RunRecord


def record(name: str, status: str = "FINISHED", **values: dict) -> RunRecord:
    known = {"metrics": {}, "params": {}, "tags": {}} | values
    return RunRecord(name * 32, name, status, "", 100.0, 5.0, **known, folder=None)


RUNS = [
    record("a", metrics={"test/acc": 0.95, "val/acc": 0.9}, params={"optimizer.lr": "0.001"}),
    record("b", metrics={"test/acc": 0.8}, params={"optimizer.lr": "0.1"}, tags={"a and b": "x"}),
    record("c", "FAILED", metrics={"test/acc": math.nan}, params={"optimizer.lr": "0.001"}),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("metrics.`test/acc` > 0.9", "a"),
        ("metrics.`test/acc` <= 1", "ab"),
        ("metrics.`test/acc` > 0.7 and params.`optimizer.lr` = '0.1'", "b"),
        ("params.optimizer.lr LIKE '0.0%'", "ac"),
        ("attributes.status != 'FINISHED'", "c"),
        ("status = 'FINISHED' AND run_name = 'b'", "b"),
        ("tags.`a and b` = 'x'", "b"),
        ("tags.`a and b` IS NULL", "ac"),
        ("start_time >= 100000 and end_time = 105000", "abc"),
        ("run_id IN ('" + "c" * 32 + "')", "c"),
        ("params.`optimizer.lr` = '5'", ""),
    ],
)
def test_a_filter_means_runs(text: str, names: str):
    assert "".join(one.name for one in Filter(text, RUNS).matching()) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "metrics.`test/ac` > 0.9",
            "character 1: metrics.`test/ac` > 0.9: no run has the metric 'test/ac'; "
            "did you mean metrics.`test/acc`?",
        ),
        (
            "metrics.`test/acc` > 0 and params.lr = '1'",
            "character 28: params.lr = '1': no run has the parameter 'lr'; "
            "did you mean params.`optimizer.lr`?",
        ),
        (
            "metrics.test/acc > 0.9",
            "character 1: metrics.test/acc > 0.9: Invalid comparison clause. Expected 'Identifier' "
            "found 'metrics.test/acc'; write metrics.`test/acc`",
        ),
        (
            "params.lr = 0.1",
            "character 1: params.lr = 0.1: Expected a quoted string value for parameter "
            "(e.g. 'my-value'). Got value 0.1; did you mean params.`optimizer.lr`?",
        ),
        (
            "metrics.`test/acc` == 1",
            "character 1: metrics.`test/acc` == 1: Invalid comparator '==' not one of "
            "!=, <, <=, =, >, >=",
        ),
        (
            "run_name = 'a' or run_name = 'b'",
            "character 1: run_name = 'a' or run_name = 'b': Invalid clause(s) in filter string: "
            "'or'; clauses are joined by AND alone",
        ),
        (
            "status = 'finished'",
            "character 1: status = 'finished': no status 'finished'; did you mean FINISHED?",
        ),
    ],
)
def test_a_bad_filter_is_refused_with_the_place_and_the_reason(text: str, message: str):
    with pytest.raises(ConfigError) as refusal:
        Filter(text, RUNS)
    assert str(refusal.value) == f"--where, {message}"


def test_an_empty_filter_is_refused():
    with pytest.raises(ConfigError, match="the filter is empty"):
        Filter(" and ", RUNS)


def test_a_name_that_no_run_has_is_warned_of_where_it_is_asked_for():
    asked = Filter("tags.reviewed IS NULL", RUNS)
    assert len(asked.matching()) == 3
    assert asked.warnings == ["--where: tags.reviewed IS NULL: no run has the tag 'reviewed'"]


def test_each_part_of_a_filter_is_counted():
    asked = Filter("params.`optimizer.lr` = '5' and metrics.`test/acc` < 1", RUNS)
    assert asked.counts() == [
        "params.`optimizer.lr` = '5': 0 of 3 runs; recorded are 0.001, 0.1",
        "metrics.`test/acc` < 1: 2 of 3 runs",
    ]


def test_names_are_not_checked_where_there_are_no_runs():
    assert Filter("metrics.anything > 1", []).matching() == []


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="metrics.params`'\"()=<> andorlike0.9;,-/*\n\u00e4", max_size=40))
def test_no_text_ends_in_anything_but_runs_or_a_refusal(text: str):
    try:
        found = Filter(text, RUNS).matching()
    except ConfigError:
        return
    assert set(map(id, found)) <= set(map(id, RUNS))


@pytest.mark.slow
def test_mlflow_can_be_imported_after_its_parser_was(tmp_path: Path):
    code = """
import sys
from dlcli.tracking.mlflow_filter import search_utils
assert search_utils().parse_search_filter("metrics.a > 1")[0]["key"] == "a"
assert not [name for name in sys.modules if name.startswith("mlflow")]
assert not {"sqlalchemy", "pandas", "torch"} & set(sys.modules)
import mlflow
from mlflow.tracking import MlflowClient
assert mlflow.entities.Run and search_utils().__module__ == "mlflow.utils.search_utils"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

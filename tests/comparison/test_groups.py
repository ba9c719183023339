"""Runs that differ only in their seed are one row; whatever else differs keeps them apart."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from dlcli.comparison.entry import Entry
from dlcli.comparison.groups import Group, grouped
from tests.comparison.made import entry, record, seeds


def names(groups: list[Group]) -> list[list[str]]:
    return [[one.record.name for one in group.entries] for group in groups]


def test_seeds_of_one_setting_are_one_row_with_mean_and_sample_deviation():
    (group,) = grouped(seeds("a", [0.9, 0.8, 0.7]))
    assert (group.name, group.n, group.seeds) == ("a0 +2", 3, ["0", "1", "2"])
    assert group.mean("test/acc") == pytest.approx(0.8)
    assert group.std("test/acc") == pytest.approx(0.1)  # divided by n - 1
    assert (group.mean("test/f1"), group.std("test/f1")) == (None, None)


def test_another_parameter_is_another_row():
    entries = [*seeds("a", [0.9, 0.8]), *seeds("b", [0.7], params={"optimizer.lr": "0.2"})]
    assert names(grouped(entries)) == [["a0", "a1"], ["b0"]]


def test_weights_to_begin_with_are_another_row():
    tuned = entry("b", 1, params={"model.init_from": "best:val/loss"})
    assert names(grouped([entry("a", 0), tuned])) == [["a"], ["b"]]


def test_what_has_no_part_in_the_result_keeps_nothing_apart():
    moved = entry("b", 1, params={"tracking.uri": "x", "callbacks.progress.redraws": "9"})
    files = entry("c", 2, params={"data.root": "/other", "data.path": "/other/a.csv"})
    assert names(grouped([entry("a", 0), moved, files])) == [["a", "b", "c"]]


def test_other_data_under_the_same_name_is_another_row():
    other = entry("b", 1, tags={"dlcli.data.fingerprint": "f2"})
    assert names(grouped([entry("a", 0), other])) == [["a"], ["b"]]


def test_a_seed_of_the_data_that_stands_by_itself_is_told_from_one_that_follows():
    follow = seeds("follow", [0.1, 0.2, 0.3])
    fixed = [entry(f"fixed{n}", n, params={"data.seed": "7"}) for n in range(3)]
    found = grouped([*follow, *fixed])
    assert names(found) == [["follow0", "follow1", "follow2"], ["fixed0", "fixed1", "fixed2"]]
    assert [group.settings["data.seed"] for group in found] == ["seed", "7"]


def test_the_seed_that_happens_to_be_the_fixed_one_is_one_of_them():
    fixed = [entry(f"fixed{n}", n, params={"data.seed": "0"}) for n in range(3)]
    assert names(grouped(fixed)) == [["fixed0", "fixed1", "fixed2"]]


def test_of_a_seed_the_newest_run_counts():
    (group,) = grouped([entry("new", 0, 0.9), entry("other", 1, 0.8), entry("old", 0, 0.1)])
    assert names([group]) == [["new", "other"]]
    assert [one.record.name for one in group.repeats] == ["old"]


def test_the_same_seed_of_other_code_is_another_row():
    new = entry("new", 0, tags={"mlflow.source.git.commit": "b" * 40, "dlcli.git.dirty": "true"})
    old = entry("old", 0, tags={"mlflow.source.git.commit": "a" * 40})
    assert [group.settings["code"] for group in grouped([new, old])] == ["bbbbbbbb+", "aaaaaaaa"]
    later = entry("later", 1, tags={"mlflow.source.git.commit": "c" * 40})
    (group,) = grouped([later, old])
    assert group.settings["code"] == "several"


def test_the_same_seed_with_other_uncommitted_changes_is_another_row(tmp_path: Path):
    made = []
    for name in ("new", "old"):
        (tmp_path / name / "artifacts").mkdir(parents=True)
        (tmp_path / name / "artifacts" / "git.diff").write_text(name)
        tags = {"mlflow.source.git.commit": "a" * 40, "dlcli.git.dirty": "true"}
        made.append(entry(name, 0, tags=tags, folder=tmp_path / name))
    codes = [group.settings["code"] for group in grouped(made)]
    assert codes == ["aaaaaaaa+1150", "aaaaaaaa+cba0"]


@pytest.mark.parametrize("status", ["RUNNING", "KILLED", "FAILED"])
def test_what_did_not_finish_is_in_nobody_s_mean(status):
    (done, open_) = grouped([entry("a", 0, 0.9), entry("b", 1, 0.1, status=status, reason="")])
    assert (done.mean("test/acc"), done.is_finished) == (0.9, True)
    assert (open_.status, open_.is_finished) == (status.lower(), False)


def test_runs_of_which_nothing_is_recorded_are_rows_of_their_own():
    bare = [record(name, None, params={}) for name in "ab"]
    entries = [Entry(one, one) for one in bare]
    for one in bare:
        one.params.clear()
    assert names(grouped(entries)) == [["a"], ["b"]]
    assert [group.settings for group in grouped(entries)] == [{}, {}]


def test_apart_every_run_is_a_row():
    assert names(grouped(seeds("a", [0.9, 0.8]), apart=True)) == [["a0"], ["a1"]]


def test_a_score_that_is_not_a_number_makes_its_row_s_mean_none():
    (group,) = grouped(seeds("a", [0.9, math.nan, 0.8]))
    assert math.isnan(group.mean("test/acc") or 0.0)
    assert group.std("test/acc") is None


def test_the_largest_number_of_the_store_is_infinite():
    (group,) = grouped([entry("a", 0, 1.7976931348623157e308)])
    assert group.mean("test/acc") == math.inf


def test_an_evaluation_has_the_parameters_and_the_seed_of_its_run():
    runs = [record(f"a{n}", n) for n in range(2)]
    tags = {"dlcli.kind": "evaluate", "dlcli.split": "val"}
    measured = [
        Entry(record(f"e{n}", None, {"val/acc": 0.5 + n / 10}, params={}, tags=tags), run)
        for n, run in enumerate(runs)
    ]
    (group,) = grouped(measured)
    assert (group.seeds, group.values("val/acc")) == (["0", "1"], [0.5, 0.6])
    assert group.settings["evaluated on"] == "val"
    assert "evaluated with" not in group.settings
    assert group.std("val/acc") == statistics.stdev([0.5, 0.6])


def test_what_an_evaluation_changed_keeps_it_apart():
    run = record("a")
    more = {"dlcli.tta": "crop,flip", "dlcli.other_data": "data=mnist", "dlcli.overrides": ""}
    tags = {"dlcli.kind": "evaluate", "dlcli.split": "test"}
    kinds = [record("e", None, tags=tags), record("f", None, tags=tags | more)]
    (_, changed) = grouped([Entry(one, run) for one in kinds])
    made = {name: text for name, text in changed.settings.items() if name.startswith("evaluated")}
    assert made == {"evaluated on": "test data=mnist", "evaluated with": "--tta crop,flip"}

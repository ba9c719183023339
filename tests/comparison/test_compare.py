"""The rows side by side: the best of each column, and which score is the main one."""

from __future__ import annotations

import math

import pytest

from dlcli.comparison.compare import Comparison, Wish, compare
from dlcli.comparison.entry import Entry
from dlcli.comparison.table import duration, markdown, plain
from dlcli.errors import ConfigError
from tests.comparison.made import entry, record, seeds

FAST = {"params": {"optimizer.lr": "0.2"}}


def measured(name: str, metrics: dict[str, float], **more: object) -> Entry:
    one = record(name, 0, metrics, params={"optimizer.lr": name}, **more)
    return Entry(one, one)


def rows(comparison: Comparison) -> list[str]:
    return [group.entries[0].record.name for group in comparison.groups]


def shown(comparison: Comparison, heading: str) -> list[str]:
    headings, cells = plain(comparison)
    return [row[headings.index(heading)] for row in cells]


def test_the_main_score_is_the_most_telling_that_the_runs_have_in_common():
    both = [measured("a", {"test/acc": 0.9, "test/loss": 0.1}), measured("b", {"test/loss": 0.2})]
    assert compare(both, Wish()).scores == ["test/loss", "test/acc"]
    alike = [measured(name, {"test/acc": 0.9, "best/val/acc": 0.8}) for name in "ab"]
    assert compare(alike, Wish()).scores == ["test/acc", "val/acc"]


def test_a_metric_asked_for_comes_first_and_a_mistyped_one_is_refused():
    runs = [measured(name, {"test/acc": 0.9, "train/acc": 0.8}) for name in "ab"]
    assert compare(runs, Wish(metric="train/acc")).scores == ["train/acc", "test/acc"]
    with pytest.raises(ConfigError, match=r"--metric test/ac: none of the runs has it; did you me"):
        compare(runs, Wish(metric="test/ac"))


def test_the_best_of_each_column_is_marked():
    a = measured("a", {"test/acc": 0.9, "test/loss": 0.3, "cost/samples_per_second": 5.0})
    b = measured("b", {"test/acc": 0.8, "test/loss": 0.2, "cost/samples_per_second": 9.0})
    found = compare([b, a], Wish())
    assert rows(found) == ["a", "b"]
    assert shown(found, "test/acc") == ["0.9*", "0.8 "]
    assert shown(found, "test/loss") == ["0.3 ", "0.2*"]
    assert shown(found, "samples/s") == ["5 ", "9*"]


def test_what_looks_the_same_as_the_best_is_marked_and_a_column_of_equals_is_not():
    scores = {"a": 0.90001, "b": 0.90002, "c": 0.5}
    runs = [measured(name, {"test/acc": acc, "test/loss": 1.0}) for name, acc in scores.items()]
    found = compare(runs, Wish())
    assert shown(found, "test/acc") == ["0.9*", "0.9*", "0.5 "]
    assert shown(found, "test/loss") == ["1", "1", "1"]


def test_a_run_that_lacks_the_score_or_did_not_finish_comes_last_and_is_never_best():
    open_ = measured("open", {"test/acc": 0.99}, status="RUNNING", reason="")
    nan = measured("nan", {"test/acc": math.nan})
    found = compare(
        [
            open_,
            nan,
            measured("none", {}),
            measured("a", {"test/acc": 0.9}),
            measured("b", {"test/acc": 0.8}),
        ],
        Wish(),
    )
    assert rows(found) == ["a", "b", "nan", "none", "open"]
    assert shown(found, "test/acc") == [" 0.9*", " 0.8 ", " nan ", "     ", "0.99 "]
    assert shown(found, "status") == [*["finished"] * 4, "running"]


def test_a_mean_over_part_of_the_seeds_says_of_how_many():
    two = [entry("a", 0, 0.9), entry("b", 1, 0.8), entry("c", 2)]
    assert shown(compare(two, Wish()), "test/acc") == ["0.85 ± 0.071 (2 of 3)"]


def test_any_column_sorts_and_an_unknown_one_is_refused():
    runs = [measured("10", {"test/acc": 0.9, "cost/params": 7e4}), measured("9", {"test/acc": 0.8})]
    assert rows(compare(runs, Wish(sort="optimizer.lr"))) == ["9", "10"]
    assert rows(compare(runs, Wish(sort="params"))) == ["10", "9"]
    assert shown(compare(runs, Wish(sort="cost/params")), "params") == ["70 k", "    "]
    with pytest.raises(ConfigError, match=r"--sort optimizer.l: .* did you mean optimizer.lr\?"):
        compare(runs, Wish(sort="optimizer.l"))


def test_a_sweep_shows_what_it_searched_and_its_objective_first():
    runs = [measured(name, {"test/acc": 0.9, "best/val/loss": 0.1}) for name in "ab"]
    wish = Wish(searched=["optimizer.lr", "data.batch_size"], objectives=["val/loss"])
    found = compare(runs, wish)
    assert (found.differences.names, found.scores) == (["optimizer.lr"], ["val/loss", "test/acc"])


def test_single_runs_show_the_seed_where_it_differs():
    assert compare([entry("a", 0), entry("b", 1, **FAST)], Wish()).differences.names == [
        "optimizer.lr",
        "seed",
    ]
    assert compare([entry("a", 0), entry("b", 0, **FAST)], Wish()).differences.names == [
        "optimizer.lr"
    ]


def test_runs_of_other_data_or_of_another_target_are_warned_of():
    wine = entry("b", 0, tags={"dlcli.choice.data": "wine", "dlcli.data.fingerprint": "f2"})
    (line,) = compare([entry("a"), wine], Wish()).warnings
    assert line == "the runs are of different data sets (digits, wine): scores are not comparable"
    (line,) = compare(
        [entry("a"), entry("b", tags={"dlcli.data.fingerprint": "f2"})], Wish()
    ).warnings
    assert line == (
        "the data digits is not the same in all runs (it has 2 fingerprints): "
        "scores are not comparable"
    )
    specs = [{"dlcli.data.spec": f"DataSpec(target='{name}')"} for name in ("class", "value")]
    runs = [entry(f"{n}", 0, params={"x": str(n)}, tags=tags) for n, tags in enumerate(specs)]
    (line,) = compare(runs, Wish()).warnings
    assert line == "the runs have different targets (class, value): scores are not comparable"


def test_other_devices_and_repeated_seeds_are_warned_of():
    runs = [entry("new", tags={"dlcli.device": "GPU"}), entry("old", tags={"dlcli.device": "CPU"})]
    assert compare(runs, Wish()).warnings == [
        "new: a seed counts once, by its newest run; old (old00000) left out "
        "(--seeds apart shows all)"
    ]
    slow = entry("slow", tags={"dlcli.device": "CPU"}, **FAST)
    assert compare([runs[0], slow], Wish()).warnings == [
        "the runs were made on different devices (CPU, GPU): "
        "samples/s, duration and memory are not comparable"
    ]


def test_markdown_has_the_best_in_bold_and_no_bar_inside_a_cell():
    runs = [measured("a|b", {"test/acc": 0.9}), measured("c", {"test/acc": 0.8})]
    heading, rule, first, second = markdown(compare(runs, Wish()))
    assert heading.startswith("| run | optimizer.lr | test/acc | params |")
    assert rule.startswith("| --- | --- | ---: |")
    assert first.startswith(r"| a\|b | a\|b | **0.9** |")
    assert second.startswith("| c | c | 0.8 |")


def test_seeds_are_shown_as_mean_and_deviation_below_each_other():
    found = compare([*seeds("a", [0.9, 0.8]), *seeds("b", [0.5, 0.25], **FAST)], Wish())
    assert shown(found, "test/acc") == [" 0.85 ± 0.071*", "0.375 ± 0.18  "]
    assert shown(found, "n") == ["2", "2"]


def test_rows_of_one_name_are_told_apart():
    runs = [
        entry("base", 0, 0.9, id="a" * 32),
        entry("base", 0, 0.8, id="b" * 32, params={"optimizer.lr": "0.2"}),
    ]
    found = compare(runs, Wish())
    assert [group.name for group in found.groups] == ["base aaaaaaaa", "base bbbbbbbb"]


def test_a_star_of_a_value_is_no_mark_of_the_best():
    runs = [
        entry("a", 0, 0.9, params={"model.net.name": "*.csv|*"}),
        entry("b", 0, 0.8, params={"model.net.name": "x"}),
    ]
    (best, _) = markdown(compare(runs, Wish(all=True)))[2:]
    assert best.startswith(r"| a | *.csv\|* | **0.9** |")


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.14, "3.1 s"), (59.97, "1 min 0 s"), (7500, "2 h 5 min")]
)
def test_a_duration_is_read_as_people_say_it(seconds, text):
    assert duration(seconds) == text

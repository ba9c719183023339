"""What is said of the best row: better by more than noise, or what it takes to tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dlcli.comparison.compare import Wish, compare
from dlcli.comparison.entry import Entry
from dlcli.comparison.verdict import judged, sentences
from tests.comparison.made import entry, record, seeds

A = [0.89, 0.90, 0.91]
B = [0.82, 0.84, 0.86]


def said(*groups: list[Entry]) -> list[str]:
    comparison = compare([one for group in groups for one in group], Wish())
    return sentences(comparison, judged(comparison))


def lr(value: str) -> dict[str, dict[str, str]]:
    return {"params": {"optimizer.lr": value}}


def test_a_clear_difference_is_distinguishable_from_noise():
    assert said(seeds("a", A), seeds("b", B, **lr("0.2"))) == [
        "In test/acc, optimizer.lr=0.1 is ahead of optimizer.lr=0.2 by 0.06: distinguishable from "
        "noise (Welch's test, p = 0.02, n = 3 and 3; 95 % interval 0.0184 to 0.102)."
    ]


def test_an_unclear_difference_cannot_be_told_from_noise():
    assert said(seeds("a", A), seeds("b", [0.82, 0.88, 0.94], **lr("0.2"))) == [
        "In test/acc, optimizer.lr=0.1 is ahead of optimizer.lr=0.2 by 0.02: cannot be told from "
        "noise (Welch's test, p = 0.62, n = 3 and 3; 95 % interval -0.124 to 0.164)."
    ]


def test_equal_means_are_level_and_cannot_be_told_from_noise():
    (line,) = said(seeds("a", [0.5, 0.75, 1.0]), seeds("b", [1.0, 0.75, 0.5], **lr("0.2")))
    assert line.startswith(
        "In test/acc, optimizer.lr=0.1 is level with optimizer.lr=0.2: cannot be told from noise "
        "(Welch's test, p = 1, n = 3 and 3;"
    )


def test_the_best_is_told_from_each_of_several_with_a_correction_that_is_said():
    near = seeds("c", [0.88, 0.89, 0.90], **lr("0.3"))
    first, second, last = said(seeds("a", A), seeds("b", B, **lr("0.2")), near)
    assert "optimizer.lr=0.3 by 0.01: cannot be told from noise" in first
    assert "optimizer.lr=0.2 by 0.06: cannot be told from noise (Welch's test, p = 0.059" in second
    assert last == (
        "All 3 pairs of the 3 rows with at least 3 seeds count: p is corrected for them (Holm), "
        "the intervals are of each pair alone."
    )


def test_without_any_spread_nothing_is_claimed():
    assert said(seeds("a", [0.9] * 3), seeds("b", [0.8] * 3, **lr("0.2"))) == [
        "test/acc is 0.9 with every seed of optimizer.lr=0.1 and 0.8 with every seed of "
        "optimizer.lr=0.2 (n = 3 and 3): without any spread there is no noise to go by."
    ]
    assert said(seeds("a", [0.9] * 3), seeds("b", [0.9] * 4, **lr("0.2"))) == [
        "test/acc of optimizer.lr=0.1 and optimizer.lr=0.2 is the same with every seed of each "
        "(n = 3 and 4): without any spread there is no noise to go by."
    ]


def test_too_few_seeds_are_named_with_the_command_that_trains_more(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = []
    for one in [*seeds("a", [0.9, 0.8]), entry("b", 2, 0.7, **lr("0.2"))]:
        folder = tmp_path / "mlruns" / "runs" / one.record.name
        (folder / "artifacts").mkdir(parents=True)
        (folder / "artifacts" / "config.yaml").touch()
        record = replace(one.record, folder=folder)
        folders.append(Entry(record, record))
    assert said(folders) == [
        "Whether the best two rows differ in test/acc by more than noise takes at least 3 seeds of "
        "each: train optimizer.lr=0.1 with 1 more and b with 2 more:",
        "  dlcli train --config mlruns/runs/a0/artifacts/config.yaml seed=2",
        "  for seed in 0 1; do dlcli train --config mlruns/runs/b/artifacts/config.yaml "
        "seed=$seed; done",
    ]


def test_a_run_that_is_elsewhere_is_named_without_a_command():
    assert said(seeds("a", A), seeds("b", [0.95], **lr("0.2"))) == [
        "Whether the best two rows differ in test/acc by more than noise takes at least 3 seeds of "
        "each: train b0 with 2 more."
    ]


def test_one_row_alone_is_not_judged():
    assert said(seeds("a", A)) == []


def test_of_many_rows_those_far_down_are_counted():
    many = [seeds(f"x{n}-", [v - n / 10 for v in A], **lr(str(n + 2))) for n in range(8)]
    lines = said(*many)
    assert len(lines) == 7
    assert lines[5] == "Of 2 rows further down, 2 can be told from the best and 0 cannot."


def test_the_verdict_of_the_worse_by_less_is_best_goes_the_other_way():
    runs = [*seeds("a", A), *seeds("b", B, **lr("0.2"))]
    tags = {"dlcli.mode.test/acc": "min"}
    turned = [replace(one.record, tags=one.record.tags | tags) for one in runs]
    comparison = compare([Entry(one, one) for one in turned], Wish())
    (line,) = sentences(comparison, judged(comparison))
    assert line.startswith("In test/acc, optimizer.lr=0.2 is ahead of optimizer.lr=0.1 by 0.06: di")
    assert line.endswith("95 % interval 0.0184 to 0.102).")


def test_that_nobody_knows_which_way_is_better_is_said():
    runs = [
        record("a", 0, {"best/val/mine": 0.9}),
        record("b", 0, {"best/val/mine": 0.8}, **lr("0.2")),
    ]
    (line,) = said([Entry(one, one) for one in runs])
    assert line == (
        "No run says whether more or less of val/mine is better, so none is best: a model says it "
        "in its metrics(), and mode=min or mode=max says it of monitor."
    )


def measured(run: Entry, acc: float) -> Entry:
    tags = {"dlcli.kind": "evaluate", "dlcli.split": "test"}
    return Entry(record(f"{run.record.name}-test", None, {"test/acc": acc}, tags=tags), run.source)


def test_a_run_and_its_evaluation_are_one_training_and_nothing_is_to_be_told():
    run = entry("a", 0, 0.9)
    assert said([run, measured(run, 0.8)]) == []


def test_evaluations_of_too_few_seeds_are_to_be_trained_and_evaluated():
    runs = [entry("a", 0), entry("b", 0, **lr("0.2"))]
    assert said([measured(run, 0.8 + i / 10) for i, run in enumerate(runs)]) == [
        "Whether the best two rows differ in test/acc by more than noise takes at least 3 seeds of "
        "each: train b-test with 2 more and a-test with 2 more, and evaluate them."
    ]


def test_what_has_no_seed_is_not_to_be_trained_with_another():
    together = Entry(*[record("both", None, {"test/acc": 0.95})] * 2)
    assert said([together, entry("a", 0, 0.9)]) == []


def test_runs_without_the_score_count_for_nothing():
    some = [*seeds("a", [0.9]), *(entry(f"none{n}", n) for n in range(1, 5))]
    assert said(some, seeds("b", A, **lr("0.2"))) == [
        "Whether the best two rows differ in test/acc by more than noise takes at least 3 seeds of "
        "each: train optimizer.lr=0.1 with 2 more."
    ]
    assert said(some) == []

"""``dlcli compare``: two models, three seeds each, and which of them is better."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_imports import HEAVY, loaded
from tests.conftest import Done
from tests.recorded import record_runs

WELCH = (
    "In test/acc, model=mlp is ahead of model=linear by 0.1: distinguishable from noise (Welch's "
    "test, p = 0.0048, n = 3 and 3; 95 % interval 0.0584 to 0.142)."
)
SINGLE = ["linear-0", "mlp-0", "linear-1", "mlp-1", "linear-2", "mlp-2"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    record_runs(folder)
    return folder


@pytest.fixture
def compare(store: Path, dlcli, monkeypatch) -> Callable[..., Done]:
    monkeypatch.chdir(store)
    return lambda *arguments: dlcli("compare", *arguments)


def test_two_models_of_three_seeds_each_are_two_rows_and_a_verdict(compare):
    done = compare(*SINGLE, "mlp-1")
    heading, first, second, *words = done.stdout.splitlines()
    expected = "run n model test/acc val/acc val/loss params flops samples/s duration memory"
    assert heading.split() == expected.split()
    assert first.split()[:7] == ["mlp-2", "+2", "3", "mlp", "0.94", "±", "0.01*"]
    assert second.split()[:7] == ["linear-2", "+2", "3", "linear", "0.84", "±", "0.02"]
    assert words == [
        "",
        "Not shown of what differs: 2 that follow from model; --all shows it.",
        WELCH,
    ]
    assert done.stderr == ""


def test_without_any_run_the_last_are_compared_and_what_failed_comes_last(compare):
    lines = compare().stdout.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["mlp-2", "linear-2", "broken"]
    assert "failed (diverged)" in lines[3]
    two = compare("--last", "3", "--json").json["groups"]
    assert [group["run_names"] for group in two] == [["mlp-2"], ["linear-2"], ["broken"]]


def test_only_the_first_rows_are_shown_where_that_is_asked_for_and_the_verdict_is_of_all(compare):
    _, first, *words = compare(*SINGLE, "--top", "1").stdout.splitlines()
    assert first.split() == compare(*SINGLE).stdout.splitlines()[1].split()  # with the same stars
    assert "0.94 ± 0.01*" in first
    assert words[:2] == ["", "Rows not shown: 1; without --top, they are."]
    assert words[-1] == WELCH
    assert compare(*SINGLE, "--top", "2").stdout == compare(*SINGLE).stdout
    assert len(compare(*SINGLE, "--top", "1", "--csv").stdout.splitlines()) == 2
    assert "Rows not shown: 1" in compare(*SINGLE, "--top", "1", "--md").stdout
    assert compare("--top", "1", "--json").status == 2


def test_a_sweep_without_a_name_is_refused(compare):
    done = compare("--sweep", "")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --sweep : no such sweep is recorded here")


def test_json_holds_every_number_and_the_runs_of_each_row(compare):
    found = compare(*SINGLE, "--json").json
    assert (found["metric"], found["direction"], found["best"]) == ("test/acc", "max", [0])
    mlp = found["groups"][0]
    assert mlp["run_names"] == ["mlp-2", "mlp-1", "mlp-0"]
    assert (mlp["seeds"], mlp["n"], mlp["params"]) == (["2", "1", "0"], 3, {"model": "mlp"})
    assert mlp["metrics"]["test/acc"]["values"] == [0.95, 0.94, 0.93]
    assert mlp["metrics"]["test/acc"]["std"] == pytest.approx(0.01)
    (pair,) = found["comparisons"]
    assert (pair["best"], pair["other"], pair["differs"]) == (0, 1, True)
    assert (pair["p"], pair["difference"]) == pytest.approx((0.004798, 0.1), abs=1e-6)
    assert (found["needs"], found["warnings"], found["trials"]) == ([], [], None)


def test_csv_holds_all_digits(compare):
    rows = list(csv.DictReader(compare(*SINGLE, "--csv").stdout.splitlines()))
    assert [(row["run"], row["n"], row["model"]) for row in rows] == [
        ("mlp-2 +2", "3", "mlp"),
        ("linear-2 +2", "3", "linear"),
    ]
    assert float(rows[0]["test/acc"]) == pytest.approx(0.94, abs=1e-12)
    assert float(rows[1]["test/acc std"]) == pytest.approx(0.02)
    assert len(rows[0]["run_ids"].split()) == 3


def test_markdown_has_words_below_the_table(compare):
    lines = compare(*SINGLE, "--md").stdout.splitlines()
    assert lines[0].startswith("| run | n | model | test/acc |")
    assert lines[2].startswith("| mlp-2 +2 | 3 | mlp | **0.94 ± 0.01** |")
    assert lines[-2:] == ["", WELCH]


def test_a_sweep_s_complete_trials_are_compared_by_its_objective(compare):
    done = compare("--sweep", "tune")
    heading, first, second, _, trials, *_ = done.stdout.splitlines()
    assert heading.split()[:4] == ["run", "optimizer.lr", "model", "val/loss"]
    assert first.split()[:4] == ["tune-1", "0.01", "mlp", "0.1*"]
    assert second.split()[:4] == ["tune-0", "0.1", "mlp", "0.2"]
    assert trials == (
        "Trials: 1 failed, 1 pruned, 2 complete; only those that are complete are compared."
    )
    counts = compare("--sweep", "tune", "--json").json["trials"]
    assert counts == {"failed": 1, "pruned": 1, "complete": 2}


def test_too_few_seeds_are_said_with_what_to_run(compare):
    *_, words, first, second = compare("mlp-0", "mlp-1", "linear-2").stdout.splitlines()
    assert words.endswith("train model=mlp with 1 more and linear-2 with 2 more:")
    assert first.startswith("  dlcli train --config mlruns/runs/")
    assert first.endswith("/artifacts/config.yaml seed=2")
    assert second.startswith("  for seed in 0 1; do dlcli train --config mlruns/runs/")


def test_an_evaluation_stands_beside_runs(compare):
    heading, first, second, *_ = compare("mlp-2", "mlp-2-val").stdout.splitlines()
    assert heading.split()[:4] == ["run", "evaluated", "on", "val/acc"]
    assert first.split()[:2] == ["mlp-2", "0.94*"]
    assert second.split()[:3] == ["mlp-2-val", "val", "0.91"]


def test_a_filter_chooses_runs(compare):
    found = compare("--where", "params.seed = '1'", "--json").json["groups"]
    assert [group["run_names"] for group in found] == [["mlp-1"], ["linear-1"]]


def test_seeds_apart_are_rows_without_a_verdict(compare):
    lines = compare(*SINGLE, "--seeds", "apart").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:7]] == ["mlp-2", "mlp-1", "mlp-0", *SINGLE[4::-2]]
    assert "Welch" not in lines[-1]


def test_all_shows_what_follows_from_another_parameter(compare):
    heading = compare(*SINGLE, "--all").stdout.splitlines()[0]
    assert heading.split()[2:5] == ["model", "model.net._target_", "model.net.widths"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tune"], "RUN tune: a sweep; compare its trials with --sweep tune"),
        (
            ["--sweep", "tun"],
            "--sweep tun: no such sweep is recorded here; did you mean tune?; see",
        ),
        (["mlp-0", "--last", "2"], "RUN and --last: choose one way to say which runs to compare"),
        (["--csv", "--md"], "--csv, --md and --json: choose one of them"),
        (
            ["--metric", "test/ac"],
            "--metric test/ac: none of the runs has it; did you mean test/acc",
        ),
        (
            ["--sort", "modle"],
            "--sort modle: no such column; did you mean model?; columns: run, n, ",
        ),
        (["mlp"], "RUN 'mlp': no such run; did you mean mlp-2 or mlp-1"),
        (["--where", "params.seed = '77'"], "--where: no run matches"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_was_meant(compare, arguments, message):
    done = compare(*arguments)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")


def test_nothing_recorded_is_said_with_how_to_begin(dlcli):
    done = dlcli("compare", "tracking=none")
    assert (done.status, done.stderr) == (
        2,
        "error: there are no runs to compare; make some: dlcli train\n",
    )


def test_a_narrow_terminal_keeps_the_score_and_says_what_is_left_out(compare, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    lines = compare(*SINGLE).stdout.splitlines()
    assert lines[0].split() == ["run", "n", "model", "test/acc", "params", "duration"]
    assert lines[4:6] == [
        "No room for val/acc, val/loss, flops, samples/s, memory: see",
        "a wider terminal, --csv or --md.",
    ]
    assert all(len(line) <= 60 for line in lines)


def test_runs_are_compared_without_anything_heavy(store: Path):
    found = loaded(store, "compare", *SINGLE)
    assert {"dlcli.comparison.noise", "scipy.special"} <= found
    assert found.isdisjoint({*HEAVY, "hydra", "omegaconf", "scipy.stats"})

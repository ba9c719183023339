"""Runs that answer together, views of an image, other data, and a file of predictions."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.refusing import Answer, run
from tests.conftest import Trained

KEEP = "tracking=none"
SECOND = "train model=linear trainer.max_epochs=1 seed=1 --name second"


@pytest.fixture(scope="module")
def runs(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run, another one on the same split, and one on a split of its own."""
    folder = Path(shutil.copytree(trained.folder, tmp_path_factory.mktemp("runs") / "work"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run([*SECOND.split(), "data.seed=0", "--quiet", KEEP], folder)
        run([*SECOND.replace("second", "other").split(), "--quiet", KEEP], folder)
    return folder


@pytest.fixture
def work(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(runs)
    return runs


def evaluate(folder: Path, *words: str) -> Answer:
    return run(["evaluate", *words, KEEP], folder)


def result(answer: Answer) -> dict[str, Any]:
    assert answer.status == 0, answer.error
    return json.loads(answer.output.splitlines()[-1])


def recorded(folder: Path, found: dict[str, Any]) -> tuple[dict[str, str], str]:
    """The tags and the name of a record."""
    info = json.loads((folder / "mlruns" / "runs" / found["run_id"] / "run.json").read_text())
    return info["tags"], info["name"]


def table(folder: Path, found: dict[str, Any], name: str) -> list[dict[str, str]]:
    assert f"figures/{name}" in found["artifacts"]
    path = folder / "mlruns" / "runs" / found["run_id"] / "artifacts" / "figures" / name
    return list(csv.DictReader(path.open()))


@pytest.fixture(scope="module")
def alone(runs: Path) -> dict[str, Any]:
    """The evaluation of the first run by itself, with its predictions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(runs)
        return result(evaluate(runs, "first", "--predictions", "p.csv", "--json"))


def test_several_runs_answer_together_and_are_recorded_as_a_run_of_its_own(
    work: Path, alone: dict[str, Any]
) -> None:
    found = result(evaluate(work, "first", "second", "--json"))
    assert found["source_run_id"] is None
    rows = {row["metric"]: row for row in table(work, found, "ensemble_test.csv")}
    assert {key: float(row["first"]) for key, row in rows.items()} == alone["metrics"]
    assert {key: float(row["ensemble"]) for key, row in rows.items()} == found["metrics"]
    assert len({row["second"] for row in rows.values()}) > 3
    tags, name = recorded(work, found)
    assert name == "ensemble-first-second-test"
    members = tags["dlcli.members"].split()
    assert members[0] == alone["source_run_id"]
    assert len(members) == 2
    assert "mlflow.parentRunId" not in tags
    assert evaluate(work, name).error == (
        f"error: RUN {name} is an evaluation itself and has no checkpoint; "
        f"evaluate its runs: {tags['dlcli.members']}"
    )


def test_runs_on_other_splits_do_not_answer_together(work: Path) -> None:
    answer = evaluate(work, "first", "other")
    assert (answer.status, answer.created) == (2, ())
    assert answer.error == (
        "error: RUN other: its test split has other examples than that of first "
        "(data.seed is 1, not 0); train it with data.seed=0"
    )


def test_views_are_measured_beside_the_images(work: Path, alone: dict[str, Any]) -> None:
    plain = alone["metrics"]
    found = result(evaluate(work, "first", "--tta", "shift", "--json"))
    quantities = {name.removeprefix("test/") for name in plain}
    assert found["metrics"].keys() == plain.keys() | {f"test/tta_{name}" for name in quantities}
    assert {name: found["metrics"][name] for name in plain} == plain
    row = table(work, found, "tta_test.csv")[0]
    assert row["metric"] == "test/acc"
    assert float(row["with shift"]) == found["metrics"]["test/tta_acc"]
    assert recorded(work, found)[0]["dlcli.tta"] == "shift"


def test_predictions_are_written_and_never_over_a_file(work: Path, alone: dict[str, Any]) -> None:
    rows = list(csv.DictReader((work / "p.csv").open()))
    right = [row["true"] == row["predicted"] for row in rows]
    assert sum(right) / len(right) == pytest.approx(alone["metrics"]["test/acc"])
    assert sum(float(rows[0][f"p_{digit}"]) for digit in range(10)) == pytest.approx(1)
    answer = evaluate(work, "first", "--predictions", "p.csv")
    assert (answer.status, answer.created) == (2, ())
    message = "error: --predictions p.csv: is there already; remove it, or name another"
    assert answer.error == message


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            ["first", "--tta", "flip"],
            2,
            "--tta flip: the classes are characters (0, 1, 2, …), and a mirrored one is another or "
            "none; use --tta shift",
        ),
        (
            ["first", "second", "--tta", "shift"],
            2,
            "--tta: of one RUN only; leave it out, or name one RUN",
        ),
        (["first", "first"], 2, "RUN first: is named twice, and would count twice in the mean"),
        (
            ["first", "--data", "wine"],
            3,
            "--data wine: not what the model was trained on: kind vector, not image; shape 13, "
            "not 1x8x8; classes (class_0, class_1, class_2), not (0, 1, 2, 3, 4, … 10 in all)",
        ),
        (
            ["data.seed=1"],
            2,
            "RUN: missing; data.seed=1 is an override. A run's id or the beginning of it, its "
            "name, latest, or best:METRIC",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_recorded(
    work: Path, words: list[str], status: int, message: str
) -> None:
    answer = evaluate(work, *words)
    assert (answer.status, answer.error, answer.created) == (status, f"error: {message}", ())


def test_other_data_of_the_same_kind_is_prepared_as_the_runs_own(
    work: Path, alone: dict[str, Any]
) -> None:
    answer = evaluate(work, "first", "--data", "digits", "--data", "seed=1", "--json")
    found = result(answer)
    # of this data the model knows a part
    assert answer.error.startswith("warning: data: it is shared out otherwise than in the training")
    assert found["metrics"] != alone["metrics"]
    tags, name = recorded(work, found)
    assert (name, tags["dlcli.other_data"]) == ("first-digits-test", "digits seed=1")

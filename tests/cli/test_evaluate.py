"""``dlcli evaluate`` gives the metrics that training recorded, and records them beside the run."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import terminal
from tests.conftest import Done, Trained, run_command

FIGURES = ("confusion", "roc", "precision_recall", "calibration", "mistakes")


@pytest.fixture(scope="module")
def evaluated(
    trained: Trained, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Done, Done]:
    """The run evaluated by name on its test set, and by its checkpoint on the validation set."""
    folder = Path(shutil.copytree(trained.folder, tmp_path_factory.mktemp("copy") / "moved"))
    best = Path(trained.result["checkpoint"]["best"]).relative_to(trained.folder)
    return (
        folder,
        forked(folder, "evaluate first --json"),
        forked(folder, f"evaluate {best} --split val --json"),
    )


def forked(folder: Path, line: str) -> Done:
    """Run a command in a process forked from one with Lightning imported."""
    done = terminal.run(f"dlcli {line}", folder)
    return Done(done.status, done.output, done.output)


@pytest.mark.parametrize(("index", "split"), [(1, "test"), (2, "val")])
def test_metrics_are_those_of_training_to_the_bit(trained: Trained, evaluated, index, split):
    done = evaluated[index]
    assert done.status == 0, done.stderr
    known = trained.result["metrics"]
    expected = {name: value for name, value in known.items() if name.startswith(split)}
    measured = dict(done.json["metrics"])
    assert 0 < measured.pop(f"{split}/ece") < 1
    assert measured == expected
    assert done.json["source_run_id"] == trained.result["run_id"]
    assert done.json["split"] == split


def test_it_is_recorded_as_a_child_with_its_figures(trained: Trained, evaluated):
    folder, done, _ = evaluated
    newest = run_command(folder, "runs", "--json").json["runs"]
    child = next(run for run in newest if run["run_id"] == done.json["run_id"])
    assert (child["kind"], child["status"]) == ("evaluate", "FINISHED")
    assert child["parent_run_id"] == trained.result["run_id"]
    assert (child["model"], child["data"]) == ("linear", "digits")
    drawn = [f"figures/{name}_test" for name in FIGURES]
    table = "figures/per_class_test.csv"
    files = [f"{name}.{ending}" for name in drawn for ending in ("png", "csv")]
    assert done.json["artifacts"] == [*files[:2], table, *files[2:]]
    artifacts = folder / "mlruns" / "runs" / child["run_id"] / "artifacts"
    for name in drawn:
        assert (artifacts / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    classes = list(csv.DictReader((artifacts / table).open()))
    assert sum(int(one["examples"]) for one in classes) == 359
    right = sum(float(one["recall"]) * int(one["examples"]) for one in classes) / 359
    assert right == pytest.approx(trained.result["metrics"]["test/acc"], abs=1e-5)


def test_an_evaluation_cannot_be_evaluated(trained: Trained, evaluated, dlcli, monkeypatch):
    monkeypatch.chdir(evaluated[0])
    done = dlcli("evaluate", "first-test")
    assert (done.status, done.stderr) == (
        2,
        "error: RUN first-test is an evaluation itself and has no checkpoint; evaluate its run: "
        f"{trained.result['run_id']}\n",
    )


def test_a_damaged_checkpoint_is_refused_with_the_last_good_one(
    trained: Trained, trained_copy, dlcli, monkeypatch
):
    monkeypatch.chdir(trained_copy)
    best, last = (
        trained_copy / Path(trained.result["checkpoint"][role]).relative_to(trained.folder)
        for role in ("best", "last")
    )
    best.write_bytes(best.read_bytes()[:-100])
    done = dlcli("evaluate", "first", "--json")
    message = (
        f"{best}: is damaged (its sha256 is not the manifest's); "
        f"the last good one is {last} (epoch 2)"
    )
    assert (done.status, done.stderr) == (5, f"error: {message}\n")
    assert done.json["error"] == {"kind": "checkpoint", "message": message}


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["latest"], 2, "RUN 'latest': no runs are recorded here; start one: dlcli train"),
        (["gone.ckpt"], 5, "{here}/gone.ckpt: no such checkpoint"),
        (
            ["latest", "tracking.uri=nowhere://x"],
            2,
            "tracking.uri: no store is called 'nowhere' in 'nowhere://x'; one of sqlite, "
            "postgresql, postgres, mysql, mssql, http, https, databricks, databricks-uc, uc",
        ),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_made(dlcli, folder, arguments, status, message):
    done = dlcli("evaluate", *arguments)
    assert (done.status, done.stderr) == (status, f"error: {message.format(here=folder)}\n")
    assert list(folder.iterdir()) == []


def test_changed_data_of_the_users_own_is_told():
    from dlcli.training.changes import differences

    checkpoint = {"dlcli": {"fingerprint": "a" * 64}}
    assert differences(checkpoint, SimpleNamespace(fingerprint="a" * 64), "test") == []
    assert differences(checkpoint, SimpleNamespace(fingerprint="b" * 64), "test") == [
        "data: it has changed since the run was trained (fingerprint aaaaaaaaaaaa, now "
        "bbbbbbbbbbbb), so these are not the metrics of the data it was trained on"
    ]


SHARES = {"seed": 0, "val_fraction": 0.1, "test_fraction": 0.2, "train_size": None}


@pytest.mark.parametrize(
    ("before", "now", "changes", "what"),
    [
        ({"train": "a"}, {"train": "a"}, [], None),
        ({"train": "a"}, {"train": "b"}, [], "it has changed since the run was trained"),
        ({"train": "a"}, {"test": "t"}, ["data.test=other.csv"], None),
        ({"train": "a"}, {"train": "a", "test": "t"}, ["data.test=other.csv"], None),
        ({"train": "a", "test": "t"}, {"test": "t"}, [], None),
        ({"train": "a", "test": "t"}, {"test": "u"}, [], "the test set has changed since"),
        ({"train": "a", "test": "t"}, {"test": "u"}, ["data.test=other.csv"], None),
        ({"train": "a", "val": "v"}, {"train": "a", "val": "w"}, [], None),
        (
            {"train": "a"},
            {"train": "a", "seed": 1},
            ["data.seed=1"],
            "it is shared out otherwise than in the training (data.seed was 0, now 1), so the "
            "test split has examples that were trained on",
        ),
        ({"train": "a", "test": "t"}, {"test": "t", "seed": 1}, ["data.seed=1"], None),
    ],
)
def test_of_changed_data_what_matters_to_the_split_is_told(before, now, changes, what):
    from dlcli.training.changes import differences

    shares = SHARES | {"seed": now.pop("seed", 0)}
    trained = {"dlcli": {"fitted": {"sets": before, "partition": SHARES}}}
    data = SimpleNamespace(fitted={"sets": now, "partition": shares})
    told = differences(trained, data, "test", changes)
    assert len(told) == (what is not None)
    assert what is None or told[0].startswith(f"data: {what}")

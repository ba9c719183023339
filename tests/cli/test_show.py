"""``dlcli show``: one page on a run, however it ended and wherever its folder is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dlcli.cli.page import size
from dlcli.tracking.client import Recorder
from dlcli.tracking.settings import NoTracking
from tests.conftest import Trained


@pytest.fixture
def here(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.chdir(trained.folder)
    return trained


def sections(text: str) -> dict[str, list[str]]:
    """The lines under each title, their inner spaces made one."""
    found: dict[str, list[str]] = {}
    for part in text.split("\n\n"):
        title, *lines = part.splitlines()
        found[title] = [" ".join(line.split()) for line in lines]
    return found


def test_a_page_has_what_was_recorded(here: Trained, dlcli):
    page = sections(dlcli("show", "first").stdout)
    score = f"{here.result['metrics']['test/acc']:.4g}"
    (headline,) = [title for title in page if title.startswith("first")]
    assert headline == f"first  finished  test/acc {score}"
    assert f"id {here.result['run_id']}" in page[headline]
    assert "epochs 2 of 2, the best was 2" in page[headline]
    assert page["changed from the defaults"] == [
        "key value from",
        "model linear override model=linear",
        "trainer.max_epochs 2 override trainer.max_epochs=2",
    ]
    assert "lr: 0.001 # conf/optimizer/adam.yaml" in page["configuration"]
    assert "max_epochs: 2 # override trainer.max_epochs=2" in page["configuration"]
    assert page["cost"][0] == "parameters 650 trainable"
    assert page["metrics"][:2] == [
        "metric best checkpoint (epoch 2) last better",
        f"test/acc {score} higher",
    ]
    assert "config.yaml" in " ".join(page["files"])
    assert page["to go on:"] == [
        "dlcli evaluate first",
        "dlcli reproduce first",
    ]


def test_json_holds_all_of_it(here: Trained, dlcli):
    page = dlcli("show", here.result["run_id"][:8], "--json").json
    assert page["run_id"] == here.result["run_id"]
    assert page["metrics"]["best"].items() >= here.result["metrics"].items()
    assert page["config"]["trainer"]["max_epochs"] == 2
    assert page["changed"][1] == {
        "key": "trainer.max_epochs",
        "value": "2",
        "origin": "override trainer.max_epochs=2",
    }
    assert page["cost"]["params"] == 650
    assert [one["role"] for one in page["checkpoints"]] == ["best", "last"]
    assert page["environment"]["packages"]["torch"]
    assert (page["best_epoch"], page["epochs"], page["children"], page["parent"]) == (
        2,
        2,
        [],
        None,
    )


def test_a_run_whose_folder_is_not_here_is_what_the_store_knows(
    trained_copy: Path, dlcli, monkeypatch
):
    monkeypatch.chdir(trained_copy)
    for folder in Path("mlruns/runs").iterdir():
        shutil.rmtree(folder)
    page = sections(dlcli("show", "first").stdout)
    (headline,) = [title for title in page if title.startswith("first")]
    assert "folder not here; recorded elsewhere" in page[headline]
    assert page["changed from the defaults"][1:] == [
        "model linear override model=linear",
        "trainer.max_epochs 2 override trainer.max_epochs=2",
    ]
    assert "optimizer.lr 0.001" in page["parameters"]
    assert not {"configuration", "files", "to go on:"} & set(page)


def test_what_is_damaged_is_warned_of(trained_copy: Path, dlcli, monkeypatch):
    monkeypatch.chdir(trained_copy)
    (path,) = Path("mlruns/runs").glob("*/artifacts/environment.json")
    path.write_text("{")
    done = dlcli("show", "latest")
    assert done.status == 0
    assert done.stderr.startswith(f"warning: {path.absolute()}: cannot be read (")


@pytest.fixture
def recorder(folder: Path):
    recorder = Recorder.start(NoTracking(), folder / "mlruns")
    yield recorder
    recorder.close()


def test_a_running_run_says_who_is_at_work_on_it(recorder: Recorder, dlcli):
    run = recorder.create_run("going", {"dlcli.kind": "train"})
    run.log_metrics({"val/loss": 0.5, "epoch": 3}, step=1)
    page = sections(dlcli("show", "going", "tracking=none").stdout)
    facts = page["going  running"]
    assert any(re.match(r"owner process \d+ on ", line) for line in facts)
    assert "epochs 4" in facts
    assert page["metrics"] == ["metric last", "val/loss 0.5"]
    run.finish("KILLED", "stopped by SIGTERM")
    assert "reason stopped by SIGTERM" in dlcli("show", "going", "tracking=none").stdout.replace(
        "   ", " "
    )


@pytest.fixture
def sweep(recorder: Recorder) -> str:
    """A sweep of three trials, of which the last one failed; returns its id."""
    tags = {
        "dlcli.objective": "val/acc",
        "dlcli.space": "optimizer.lr: 0.1 to 1",
        "dlcli.search": "tpe",
    }
    parent = recorder.create_run("sweep", {"dlcli.kind": "sweep", "dlcli.sweep": "sweep", **tags})
    parent.set_directions({"val/acc": "max"})
    for number, accuracy in enumerate((0.5, 0.75, None)):
        marks = {"dlcli.kind": "trial", "dlcli.sweep": "sweep", "dlcli.trial": str(number)}
        trial = recorder.create_run(f"sweep-{number}", marks, parent.id)
        trial.log_params({"optimizer": {"lr": 0.1 + number}})
        if accuracy is not None:
            trial.log_metrics({"best/val/acc": accuracy}, step=1)
        trial.finish(
            "FAILED" if accuracy is None else "FINISHED", "oom" if accuracy is None else ""
        )
        if number == 1:
            parent.set_tags({"dlcli.best.run_id": trial.id})
    parent.finish("KILLED", "stopped")
    return parent.id


def test_a_sweep_shows_its_trials_the_best_first(sweep: str, dlcli):
    best = dlcli("show", "sweep-1", "tracking=none", "--json").json
    page = sections(dlcli("show", "sweep", "tracking=none").stdout)
    assert page["sweep"] == [
        "objective val/acc",
        "search tpe",
        "space optimizer.lr: 0.1 to 1",
        "trials 3: 1 failed, 2 finished",
        f"best {best['run_id'][:12]}",
    ]
    title, *rows = page["trials, the best first"]
    assert title == "trial id status took val/acc optimizer.lr"
    shown = [(*row.split()[:3], *row.split()[5:]) for row in rows]
    assert [one[0] for one in shown] == ["1", "0", "2"]
    assert shown[0][2:] == ("finished", "0.75", "1.1")
    assert page["to go on:"] == [
        "dlcli compare --sweep sweep",
        f"dlcli show {best['run_id'][:12]}",
        "dlcli sweep --resume sweep",
    ]
    assert best["parent"]["run_id"] == best["parent_run_id"] == sweep
    assert best["next"] == []


def test_an_evaluation_says_of_what_it_is(recorder: Recorder, dlcli):
    train = recorder.create_run("base", {"dlcli.kind": "train"})
    train.finish("FINISHED", "finished")
    tags = {"dlcli.kind": "evaluate", "dlcli.split": "val", "dlcli.checkpoint": "best.ckpt"}
    run = recorder.create_run("base-val", tags, train.id)
    run.log_metrics({"val/acc": 0.5}, step=7)
    run.finish("FINISHED", "finished")
    page = sections(dlcli("show", "base-val", "tracking=none").stdout)
    assert {"kind evaluate on val", "checkpoint best.ckpt"} <= set(
        page["base-val  finished  val/acc 0.5"]
    )
    assert page["metrics"] == ["metric measured", "val/acc 0.5"]
    assert page["belongs to"] == [f"base {train.id[:8]} train finished"]
    assert page["to go on:"] == ["dlcli show base"]
    of_base = sections(dlcli("show", "base", "tracking=none").stdout)
    assert of_base["made from it"] == [f"base-val {run.id[:8]} evaluate finished val/acc 0.5"]


def test_a_reproduction_and_its_original_name_each_other(recorder: Recorder, dlcli):
    first = recorder.create_run("first", {"dlcli.kind": "train"})
    first.finish("FINISHED", "finished")
    again = recorder.create_run("again", {"dlcli.kind": "train", "dlcli.reproduces": first.id})
    again.set_tags({"dlcli.reproduced": "REPRODUCED"})
    again.finish("FINISHED", "finished")
    of_first = sections(dlcli("show", "first", "tracking=none").stdout)
    assert of_first["reproduced by"] == [f"again {again.id[:8]} train finished REPRODUCED"]
    page = sections(dlcli("show", "again", "tracking=none").stdout)
    assert page["reproduces"] == [f"first {first.id[:8]} train finished"]
    assert "verdict REPRODUCED" in page["again  finished"]


def test_runs_that_were_evaluated_together_are_named(recorder: Recorder, dlcli):
    parts = [recorder.create_run(name, {"dlcli.kind": "train"}) for name in ("one", "two")]
    for part in parts:
        part.finish("FINISHED", "finished")
    tags = {"dlcli.kind": "evaluate", "dlcli.members": " ".join(one.id for one in parts)}
    recorder.create_run("both", tags, parts[0].id).finish("FINISHED", "finished")
    page = sections(dlcli("show", "both", "tracking=none").stdout)
    assert [line.split()[0] for line in page["evaluated together"]] == ["one", "two"]


def test_a_page_fits_its_terminal(here: Trained, dlcli, monkeypatch):
    monkeypatch.setattr("dlcli.cli.page.sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    lines = dlcli("show", "first").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if re.search(r" lr: 0.001 +# conf/optimizer/adam.yaml$", line)]


def test_no_such_run_is_refused_with_the_nearest(here: Trained, dlcli):
    done = dlcli("show", "frist")
    assert (done.status, done.stderr) == (
        2,
        "error: RUN 'frist': no such run; did you mean first?; see dlcli runs\n",
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "missing"),
        (999, "999 bytes"),
        (1234, "1.23 kB"),
        (5_000_000, "5 MB"),
        (7e13, "70 TB"),
    ],
)
def test_sizes(count, text):
    assert size(count) == text

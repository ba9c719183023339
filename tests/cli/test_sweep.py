"""``dlcli sweep``: what is refused before anything is started, and what may change on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from dlcli.cli.sweep_check import Checked
from dlcli.cli.sweep_resume import _unlike, is_done, recomposed
from dlcli.cli.sweep_run import Sweep
from dlcli.cli.sweeping import Parts, composed, freeze
from dlcli.search.folder import SweepFolder
from dlcli.search.settings import Search
from tests.conftest import Done

SPACE = ["model=mlp", "search=random", "search.n_trials=3", "optimizer.lr=interval(1e-3, 1e-1)"]


@pytest.fixture
def frozen(folder: Path) -> SweepFolder:
    """A sweep that was started here and stopped at once."""
    made = composed(SPACE, None, [])
    sweep = SweepFolder(folder / "mlruns", "s")
    with sweep.owned():
        freeze(sweep, made, Checked(["val/loss"], ["min"], 2, []), None)
    return sweep


def refused(done: Done) -> str:
    assert done.status == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_name_that_is_taken_is_refused_with_both_ways_on(
    frozen: SweepFolder, dlcli: Callable[..., Done]
) -> None:
    err = refused(dlcli("sweep", *SPACE, "--name", "s"))
    assert "go on in it with dlcli sweep --resume s, or choose another name" in err


def test_a_sweep_that_is_not_there_is_refused_with_the_nearest_name(
    frozen: SweepFolder, dlcli: Callable[..., Done]
) -> None:
    assert "no such sweep; sweeps: s" in refused(dlcli("sweep", "--resume", "digits"))


def test_a_sweep_that_is_not_there_is_refused_where_there_is_none(
    dlcli: Callable[..., Done],
) -> None:
    assert "--resume s: no such sweep; there are none in " in refused(dlcli("sweep", "--resume=s"))
    assert "--resume ../s: no such sweep" in refused(dlcli("sweep", "--resume", "../s"))


@pytest.mark.parametrize("plan", [[], ["--plan"]])
def test_what_names_no_database_is_refused_before_anything_is_made(
    plan: list[str], dlcli: Callable[..., Done], folder: Path
) -> None:
    err = refused(dlcli("sweep", *SPACE, *plan, "search.storage=foo://x"))
    assert "search.storage: 'foo://x' names no database" in err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("given", "total"), [("null", 2), ("1", 1), ("9", 2)])
def test_a_grid_has_no_more_trials_than_points(given: str, total: int) -> None:
    grid = ["search=grid", "optimizer.lr=choice(0.1, 0.2)", f"search.n_trials={given}"]
    assert composed(["model=mlp", *grid], None, []).total == total


@pytest.mark.parametrize("name", ["../s", "a/b", "-x", ""])
def test_a_name_never_leads_out_of_the_folder_of_sweeps(
    name: str, dlcli: Callable[..., Done], folder: Path
) -> None:
    assert dlcli("sweep", *SPACE, f"--name={name}").status == 2
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("override", "difference"),
    [
        ("optimizer.lr=interval(1e-3, 1)", "optimizer.lr.domain.high: 0.1 at the start, now 1"),
        ("search=tpe", "search.kind: random at the start, now tpe"),
        ("search.seed=1", "search.seed: 0 at the start, now 1"),
        ("pruner=median", "pruner._target_: optuna.pruners.NopPruner at the start"),
        ("objective.metric=val/acc", "objective.metric: val/loss at the start, now val/acc"),
        ("objective.mode=max", "objective.mode: auto at the start, now max"),
        ("trainer.max_epochs=3", "trainer.max_epochs: 20 at the start, now 3"),
        ("data.batch_size=choice(8, 16)", "data.batch_size: nothing at the start, now choice"),
    ],
)
def test_what_would_make_it_another_sweep_is_refused_with_the_difference(
    frozen: SweepFolder, dlcli: Callable[..., Done], override: str, difference: str
) -> None:
    before = (frozen.path / "sweep.json").read_text()
    err = refused(dlcli("sweep", "--resume", "s", override))
    assert "it would become another sweep" in err
    assert difference in err
    assert (frozen.path / "sweep.json").read_text() == before


@pytest.mark.parametrize(
    "override", ["search.n_trials=9", "search.timeout=1h", "executor.workers=2"]
)
def test_how_long_and_where_may_change(frozen: SweepFolder, override: str) -> None:
    made, after = recomposed(frozen, [override], None, [])
    assert override in after.searched
    group, key = override.partition("=")[0].split(".")
    assert str(made.settings[group][key]) in override


class Unrun(Sweep):
    """A sweep whose trials nobody starts."""

    def _study(self) -> None:  # type: ignore[override]
        return None

    _recording = _study  # type: ignore[assignment]

    def _finish(self, *_: object) -> None:  # type: ignore[override]
        return None


def test_what_has_changed_is_written_once_everything_has_taken_it(frozen: SweepFolder) -> None:
    made, after = recomposed(frozen, ["search.n_trials=9"], None, [])
    assert frozen.read() != after
    search = Search.of(made.settings["search"])
    Unrun(frozen, after, Parts(made, search, None, None), quiet=True).run()  # type: ignore[arg-type]
    assert frozen.read() == after


@pytest.mark.parametrize("override", ["search.timeout=abc", "executor.devices=[0,0]"])
def test_a_change_that_is_refused_is_not_written_into_the_sweep(
    frozen: SweepFolder, dlcli: Callable[..., Done], override: str
) -> None:
    before = frozen.read()
    refused(dlcli("sweep", "--resume", "s", override, "tracking=none"))
    assert frozen.read() == before


@pytest.mark.parametrize(("start", "now"), [("0, 1", "false, true"), ("1, 2", "1.0, 2.0")])
def test_choices_that_are_only_equal_in_python_are_others(start: str, now: str) -> None:
    old, new = (
        {"values": one} for one in (yaml.safe_load(f"[{start}]"), yaml.safe_load(f"[{now}]"))
    )
    assert list(_unlike(old, new, "space"))
    assert not list(_unlike({"nan": math.nan}, {"nan": math.nan}, "space"))


def test_the_command_of_the_start_may_be_given_again(frozen: SweepFolder) -> None:
    before = frozen.read()
    _, after = recomposed(frozen, SPACE, None, [])
    assert after == before


def test_a_file_edited_after_the_start_changes_nothing(folder: Path) -> None:
    from dlcli.config.sweep import compose_trial

    own = folder / "my_conf"
    (own / "experiment").mkdir(parents=True)
    file = own / "experiment" / "mine.yaml"
    file.write_text("# @package _global_\ntrainer:\n  max_epochs: 2\n")
    made = composed([*SPACE, "experiment=mine"], own, [])
    sweep = SweepFolder(folder / "mlruns", "s")
    with sweep.owned():
        freeze(sweep, made, Checked(["val/loss"], ["min"], 2, []), own)
    file.write_text("# @package _global_\ntrainer:\n  max_epochs: 7\n")
    made, _ = recomposed(sweep, [], None, [])
    trial = compose_trial([*made.overrides, "optimizer.lr=0.01"], sweep.conf, [])
    assert made.base.values["trainer"]["max_epochs"] == 2
    assert trial.values["trainer"]["max_epochs"] == 2


def test_a_secret_is_not_frozen_and_has_to_be_given_again(folder: Path) -> None:
    from dlcli.errors import ConfigError

    uri = "tracking.uri='postgresql://me:canary@db/mlflow'"
    made = composed([*SPACE, uri], None, [])
    sweep = SweepFolder(folder / "mlruns", "s")
    with sweep.owned():
        freeze(sweep, made, Checked(["val/loss"], ["min"], 2, []), None)
    text = "".join(one.read_text() for one in sweep.path.rglob("*") if one.is_file())
    assert "canary" not in text
    with pytest.raises(ConfigError, match="a secret, which is not recorded; give it again"):
        recomposed(sweep, [], None, [])
    recomposed(sweep, [uri], None, [])


def test_a_secret_of_the_environment_is_not_frozen_whatever_its_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlcli.cli.sweep_resume import recomposed

    monkeypatch.setenv("SOME_TOKEN", "canary-4711")
    made = composed([*SPACE, "tracking.experiment=${oc.env:SOME_TOKEN}"], None, [])
    assert made.base.values["tracking"]["experiment"] == "canary-4711"
    sweep = SweepFolder(folder / "mlruns", "s")
    with sweep.owned():
        freeze(sweep, made, Checked(["val/loss"], ["min"], 2, []), None)
    text = "".join(one.read_text() for one in sweep.path.rglob("*") if one.is_file())
    assert "canary" not in text
    recomposed(sweep, [], None, [])


def test_one_of_two_owners_is_told_who_the_other_is(
    frozen: SweepFolder, dlcli: Callable[..., Done]
) -> None:
    with frozen.owned():
        done = dlcli("sweep", "--resume", "s")
    assert done.status == 75
    assert "sweep s is owned by process" in done.stderr
    assert "since" in done.stderr


def test_a_plan_is_one_object_for_programs(
    dlcli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlcli.cli import sweeping

    point = {"optimizer.lr": 0.1}
    checked = Checked(["val/loss"], ["min"], 2, [(point, ["too high"])])
    monkeypatch.setattr(sweeping, "planned", lambda made: checked)
    done = dlcli("sweep", *SPACE, "--plan", "--json")
    message = (
        "space: 1 of the 2 points checked cannot be trained, as listed; take them out of the space"
    )
    assert (done.status, len(done.stdout.splitlines())) == (2, 1)
    assert [one["key"] for one in done.json["space"]] == ["optimizer.lr"]
    assert done.json["objective"] == {"val/loss": "min"}
    assert (done.json["points"], done.json["trials"]) == (2, 3)
    assert done.json["refused"] == [{"params": point, "problems": ["too high"]}]
    assert done.json["error"] == {"kind": "config", "message": message}
    assert done.json["status"] == 2
    checked.refused.clear()
    done = dlcli("sweep", *SPACE, "--plan", "--json")
    assert (done.status, done.json["refused"], done.json.get("error")) == (0, [], None)


def test_the_plan_of_a_resumed_sweep_is_refused(dlcli: Callable[..., Done]) -> None:
    assert "--plan: a resumed sweep keeps" in refused(dlcli("sweep", "--resume", "s", "--plan"))


@pytest.mark.parametrize(
    ("complete", "n_trials", "done"), [(3, 3, True), (2, 3, False), (2, 2, False)]
)
def test_a_sweep_is_finished_once_no_trial_of_it_waits_to_go_on(
    frozen: SweepFolder, complete: int, n_trials: int, done: bool
) -> None:
    made, _ = recomposed(frozen, [f"search.n_trials={n_trials}"], None, [])
    trials = {"complete": complete, "pruned": 0, "failed": 0, "total": 3}
    assert is_done({"summary": {"trials": trials}}, made) is done


@pytest.fixture
def recorded(folder: Path) -> None:
    """A sweep with one stopped trial, recorded in folders alone."""
    from dlcli.tracking.client import Recorder
    from dlcli.tracking.settings import NoTracking

    recorder = Recorder.start(NoTracking(), folder / "mlruns")
    parent = recorder.create_run("s", {"dlcli.kind": "sweep", "dlcli.best.run_id": "abcdef0123"})
    tags = {"dlcli.kind": "trial", "dlcli.sweep": "s"}
    recorder.create_run("s-0000", tags, parent.id).finish("KILLED", "stopped")
    parent.finish("FINISHED", "finished")
    recorder.close()


def test_a_sweep_has_no_checkpoint_but_names_its_best_trial(
    recorded: None, dlcli: Callable[..., Done]
) -> None:
    err = refused(dlcli("evaluate", "s", "tracking=none"))
    assert "a sweep, whose trials have the checkpoints; its best trial is abcdef01" in err


def test_a_trial_is_resumed_by_its_sweep_alone(recorded: None, dlcli: Callable[..., Done]) -> None:
    err = refused(dlcli("train", "--resume", "s-0000", "tracking=none"))
    assert "a trial of the sweep s; dlcli sweep --resume s" in err


def test_the_table_of_runs_has_trials_where_they_are_asked_for(
    recorded: None, dlcli: Callable[..., Done]
) -> None:
    table = dlcli("runs", "tracking=none").stdout
    assert [line.split()[0] for line in table.splitlines()] == ["name", "s"]
    assert "s-0000" in dlcli("runs", "--trials", "tracking=none").stdout
    assert len(dlcli("runs", "--json", "tracking=none").json["runs"]) == 2


def test_failures_of_a_sweep_that_ended_before_have_no_empty_reasons(frozen: SweepFolder) -> None:
    from dlcli.cli.sweep import shortfall
    from dlcli.cli.swept import swept

    trials = {"complete": 2, "pruned": 0, "failed": 1, "total": 3}
    summary = {"parent_run_id": "a", "trials": trials, "best": None}
    problem = shortfall(swept(frozen, frozen.read(), summary, {}, 3))
    assert problem.startswith("sweep s: 1 of 3 trials failed; see ")

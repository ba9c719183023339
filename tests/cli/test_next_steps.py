"""Which commands a run's page names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dlcli.cli.next_steps import next_steps
from dlcli.comparison.detail import Checkpoint, Detail
from dlcli.comparison.family import Family
from dlcli.tracking.run_record import RunRecord

LAST = Checkpoint("last", Path("last.ckpt"), 1, 1, 10, {})
ALONE = Family(None, None, ())


def killed(**tags: str) -> Detail:
    record = RunRecord("a" * 32, "cnn", "KILLED", "killed", 0.0, 1.0, {}, {}, tags, None)
    return Detail(record, checkpoints=[LAST])


def finished(curve: object) -> Detail:
    record = RunRecord("a" * 32, "cnn", "FINISHED", "done", 0.0, 1.0, {}, {}, {}, None)
    config = {"trainer": {"max_epochs": 3}, "scheduler": {"curve": curve}}
    return Detail(record, config, checkpoints=[LAST])


def test_a_finished_training_may_go_on_where_its_schedule_does():
    assert next_steps(finished(None), ALONE, ["cnn"]) == [
        "dlcli evaluate cnn",
        "dlcli train --resume cnn trainer.max_epochs=6",
        "dlcli reproduce cnn",
    ]
    assert len(next_steps(finished({"_target_": "cosine"}), ALONE, ["cnn"])) == 2


def test_a_killed_training_is_resumed():
    assert next_steps(killed(), ALONE, ["cnn"])[1] == "dlcli train --resume cnn"


def test_a_killed_reproduction_goes_on_with_the_code_of_the_original():
    steps = next_steps(killed(**{"dlcli.reproduces": "b" * 32}), ALONE, ["cnn"])
    assert steps[1] == "dlcli reproduce bbbbbbbbbbbb --resume cnn"


def test_each_command_finds_and_builds_the_run_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = ("model=own", "tracking.experiment=course")
    detail = replace(killed(), overrides=given, allow=["own"])
    more = "tracking.experiment=course --allow own"
    assert next_steps(detail, ALONE, ["cnn"]) == [
        f"dlcli evaluate cnn {more}",
        f"dlcli train --resume cnn {more}",
    ]
    sweep = replace(killed(**{"dlcli.kind": "sweep", "dlcli.sweep": "s"}), overrides=given)
    assert next_steps(sweep, ALONE, ["cnn"]) == [
        "dlcli compare --sweep s tracking.experiment=course",
        "dlcli sweep --resume s",
    ]


def test_a_sweep_is_given_nothing_again_but_its_secrets() -> None:
    given = ("tracking.uri=mysql://***@host/x", "seed=1")
    detail = replace(killed(**{"dlcli.kind": "trial", "dlcli.sweep": "s"}), overrides=given)
    steps = next_steps(replace(detail, allow=["own"], config_dir="tree"), ALONE, ["cnn"])
    assert steps[1] == "dlcli sweep --resume s 'tracking.uri=mysql://***@host/x'"

"""Which commands a run's page names."""

from __future__ import annotations

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


def test_a_killed_training_is_resumed():
    assert next_steps(killed(), ALONE, ["cnn"])[1] == "dlcli train --resume cnn"


def test_a_killed_reproduction_goes_on_with_the_code_of_the_original():
    steps = next_steps(killed(**{"dlcli.reproduces": "b" * 32}), ALONE, ["cnn"])
    assert steps[1] == "dlcli reproduce bbbbbbbbbbbb --resume cnn"

"""What a sweep searched, as its own run says it."""

from __future__ import annotations

import pytest

from dlcli.comparison.selection import of_sweep
from tests.comparison.made import record

SPACE = "optimizer.lr: 0.1 to 1, by the logarithm; model: cnn, rnn; optimizer.lr: 1 to 2"


@pytest.mark.parametrize(
    ("tags", "searched"),
    [
        ({"dlcli.searched": '["model", "optimizer.lr"]'}, ["model", "optimizer.lr"]),
        ({"dlcli.space": SPACE}, ["optimizer.lr", "model"]),
        ({"dlcli.searched": '["model", "opti…', "dlcli.space": SPACE}, ["optimizer.lr", "model"]),
        ({}, None),
    ],
)
def test_what_was_searched_is_read_from_the_sweep_s_run(tags, searched):
    own = {"dlcli.sweep": "s", "dlcli.objective": "val/loss, cost/params"}
    parent = record("s", tags={"dlcli.kind": "sweep", **own, **tags})
    trial = record("s-0", tags={"dlcli.kind": "trial", **own})
    found = of_sweep([trial], [parent, trial], "s")
    assert (found.searched, found.objectives) == (searched, ["val/loss", "cost/params"])

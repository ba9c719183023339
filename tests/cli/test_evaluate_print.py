"""What ``dlcli evaluate`` shows a person, and how it reads its words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from dlcli.cli.evaluate import print_result, sorted_out, views
from dlcli.evaluation.case import Listing
from dlcli.evaluation.record import EvaluateResult
from dlcli.evaluation.request import Request

ARTIFACTS = ["figures/roc_test.png", "figures/roc_test.csv", "figures/per_class_test.csv"]


def test_parts_stand_beside_the_whole_and_numbers_behind_their_figure(capsys):
    beside = {
        "ensemble": {"test/acc": 0.5, "test/loss": 1.0},
        "a": {"test/acc": 0.25, "test/loss": 2.0},
        "b": {"test/acc": 0.125},
    }
    found = EvaluateResult(
        "0" * 32,
        "ensemble-a-b-test",
        None,
        "test",
        beside["ensemble"],
        ARTIFACTS,
        Path("/runs"),
        [],
        beside,
        [Listing("each class", ["class", "recall"], [["cat", "0.5000"]])],
    )
    sources = [SimpleNamespace(name=name) for name in "ab"]
    print_result(found, sources, Request("test", other=("csv", "path=x.csv")))
    assert capsys.readouterr().out.splitlines() == [
        "metric     ensemble     a      b",
        "test/acc        0.5  0.25  0.125",
        "test/loss         1     2",
        "",
        "each class",
        "class  recall",
        "cat    0.5000",
        "",
        "run         a, b",
        "data        csv path=x.csv",
        f"recorded    ensemble-a-b-test ({'0' * 32})",
        "artifact    /runs/figures/roc_test.png",
        "artifact    /runs/figures/per_class_test.csv",
    ]


def test_an_override_is_told_from_a_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("epoch=3.ckpt").touch()
    runs = ["best:test/acc", "epoch=3.ckpt", "latest"]
    overrides = ["data.seed=1", "+model.x=2", "~callbacks.progress", "model.init_from=no.ckpt"]
    words = [word for pair in zip(runs, overrides, strict=False) for word in pair]
    assert sorted_out([*words, overrides[-1]]) == (runs, overrides)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [(None, ()), ("shift", ("shift",)), ("flip, shift,flip", ("flip", "shift"))],
)
def test_views_are_named_by_commas(text, kinds):
    assert views(text) == kinds

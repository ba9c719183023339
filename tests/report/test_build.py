"""A report on several runs tells of each, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import dlcli.report.build
from dlcli.comparison.detail import Detail
from dlcli.comparison.family import Family
from dlcli.report.build import Subject, build
from tests.comparison.made import record


def test_runs_of_one_name_share_curves_and_stand_apart_in_them(monkeypatch):
    drawn = []
    monkeypatch.setattr(dlcli.report.build, "read_history", lambda folder: {"loss": folder})
    monkeypatch.setattr(
        dlcli.report.build,
        "curves_of_several",
        lambda histories, metric: drawn.append(list(histories)) or [],
    )
    runs = [
        record("base", 0, {"test/acc": 0.5}, id=letter * 32, folder=Path(letter)) for letter in "ab"
    ]
    build([Subject(Detail(one), Family(None, None, []), []) for one in runs])
    assert drawn[0] == ["base aaaaaaaa", "base bbbbbbbb"]

"""What could not be answered, or would be lost, is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlcli.errors import ConfigError
from dlcli.evaluation.request import Request


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "latest"}, "--name 'latest': 'latest' means the newest run"),
        ({"tta": ("zoom",)}, "--tta: 'zoom' is none of shift, flip, nor both: shift,flip"),
        (
            {"predictions": Path("p.txt")},
            "--predictions p.txt: its ending says how to write it; one of .csv, .parquet",
        ),
        (
            {"predictions": Path("gone/p.csv")},
            "--predictions gone/p.csv: no folder gone; make it first",
        ),
        (
            {"predictions": Path("there.csv")},
            "--predictions there.csv: is there already; remove it, or name another",
        ),
    ],
)
def test_a_wrong_request_is_refused(tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    Path("there.csv").touch()
    with pytest.raises(ConfigError) as refusal:
        Request("test", **changes)
    assert str(refusal.value) == message

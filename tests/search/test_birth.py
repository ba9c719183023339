"""What a trial in a new interpreter is handed, whatever its size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dlcli.search.birth import TRIAL, VARIABLE, packed, unpacked
from dlcli.search.local import LocalExecutor
from dlcli.search.trial import TrialFolder
from tests.search.conftest import ended

DIFF = os.urandom(200_000).hex()  # which takes up half of it where it is packed


def test_a_request_comes_in_pieces_that_the_system_takes() -> None:
    request = {"payload": {"diff": DIFF}}
    variables = packed(request)
    assert [len(one) <= VARIABLE for one in variables.values()] == [True] * 3
    assert unpacked({**os.environ, **variables}) == request


def test_every_rank_is_handed_a_large_diff_and_nothing_of_an_outer_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{TRIAL}3", "stale")
    executor = LocalExecutor(1, fresh=True)
    folder = TrialFolder(tmp_path / "00000")
    folder.create({})
    handle = executor.start(folder, "tests.search.stub:distributed", {"secret": DIFF})
    assert ended(handle) == 0
    assert {f"rank {rank} of {len(DIFF)}" for rank in (0, 1)} <= set(folder.tail())
    executor.close()

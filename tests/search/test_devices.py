"""Which GPUs there are, by the names that CUDA_VISIBLE_DEVICES takes."""

from __future__ import annotations

import pytest

from dlcli.errors import ConfigError
from dlcli.search.devices import VISIBLE, chosen, gpus
from dlcli.search.local import LocalExecutor


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        ("2,3", ["2", "3"]),
        ("GPU-1f, GPU-2e", ["GPU-1f", "GPU-2e"]),
        ("MIG-9a,MIG-GPU-1f/1/0", ["MIG-9a", "MIG-GPU-1f/1/0"]),
        ("0,-1,1", ["0"]),
        ("", []),
        ("NoDevFiles", []),
    ],
)
def test_gpus_are_those_that_are_visible_by_their_names(
    visible: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, visible)
    assert gpus() == names


def test_indices_count_among_the_visible_gpus() -> None:
    found = ["2", "GPU-1f"]
    assert chosen("auto", found) == found
    assert chosen([1], found) == ["GPU-1f"]
    assert chosen([], found) == []


def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        chosen([0, 2], ["2", "3"])
    assert str(refused.value) == (
        "executor.devices: there is no GPU 2; 2 can be seen, counted from 0; write auto for all of "
        "them"
    )


def test_indices_are_trusted_where_nothing_tells_which_gpus_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VISIBLE, raising=False)
    assert chosen([0, 2], []) == ["0", "2"]
    monkeypatch.setenv(VISIBLE, "")
    with pytest.raises(ConfigError, match="there is no GPU 0; 0 can be seen"):
        chosen([0], [])


def test_threads_are_divided_among_the_trials_that_can_run_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: range(8), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    executor = LocalExecutor(8, devices=["0", "1"])
    assert executor.threads == 4
    executor.close()

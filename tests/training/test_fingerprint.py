"""The hash of the weights tells any change of them, and costs little."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from dlcli.training import fingerprint as module
from dlcli.training.fingerprint import (
    FILE,
    Fingerprint,
    Fingerprints,
    fingerprint,
    read_fingerprints,
)

STATE = {"weight": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(3)}


def trainer(epoch: int, world: int = 1) -> Any:
    return SimpleNamespace(
        current_epoch=epoch, global_step=10 * epoch, world_size=world, strategy=None
    )


def net(state: dict[str, Any]) -> Any:
    return SimpleNamespace(state_dict=lambda: state)


@pytest.mark.parametrize(
    "other",
    [
        {**STATE, "weight": STATE["weight"].nextafter(torch.tensor(9.0))},
        {**STATE, "weight": STATE["weight"].reshape(3, 2)},
        {**STATE, "weight": STATE["weight"].view(torch.int32)},
        {"bias": STATE["weight"], "count": STATE["count"]},
        {"weight": STATE["weight"]},
    ],
)
def test_any_change_gives_another(other: dict[str, Any]) -> None:
    assert fingerprint(other) != fingerprint(STATE)


def test_where_the_numbers_lie_in_memory_changes_nothing() -> None:
    turned = STATE["weight"].t().contiguous().t()
    assert fingerprint({**STATE, "weight": turned}) == fingerprint(STATE)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.bool, torch.int64, torch.complex64])
def test_every_kind_of_number_is_hashed(kind: torch.dtype) -> None:
    one, none = (torch.tensor(value, dtype=kind) for value in ([1], [0]))
    assert fingerprint({"a": one}) != fingerprint({"a": none})
    assert len(fingerprint({"a": torch.empty(0, dtype=kind), "b": None})) == 32


def test_each_epoch_is_written_and_read(tmp_path: Path) -> None:
    callback = Fingerprints()
    callback.folder = tmp_path
    callback.on_train_start(trainer(0), net(STATE))
    for epoch in range(2):
        callback.on_train_epoch_end(trainer(epoch), net({"weight": torch.tensor(epoch)}))
    callback.on_fit_end(trainer(1), net(STATE))
    assert read_fingerprints(tmp_path) == {
        0: Fingerprint(0, fingerprint(STATE)),
        1: Fingerprint(0, fingerprint({"weight": torch.tensor(0)})),
        2: Fingerprint(10, fingerprint({"weight": torch.tensor(1)})),
    }


def test_after_a_crash_the_epoch_trained_again_counts(tmp_path: Path) -> None:
    lines = '{"epoch":1,"step":10,"weights":"a"}\n{"epoch":2,"step":20,"weights":"b"}\n{"epo'
    (tmp_path / FILE).write_text(lines)
    callback = Fingerprints()
    callback.folder = tmp_path
    callback.on_train_epoch_end(trainer(1), net(STATE))
    found = read_fingerprints(tmp_path)
    assert found == {1: Fingerprint(10, "a"), 2: Fingerprint(10, fingerprint(STATE))}


def test_a_slow_hash_waits_until_it_is_one_percent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def state() -> dict[str, Any]:
        now[0] += 2.0
        return STATE

    callback = Fingerprints()
    callback.folder = tmp_path
    for epoch in range(10):
        callback.on_train_epoch_end(trainer(epoch), SimpleNamespace(state_dict=state))
        now[0] += 60.0
    assert sorted(read_fingerprints(tmp_path)) == [1, 5, 9]


def test_spread_weights_are_left_alone(tmp_path: Path) -> None:
    callback = Fingerprints()
    callback.folder = tmp_path
    callback.on_train_epoch_end(trainer(0, world=2), net(STATE))
    assert list(tmp_path.iterdir()) == []

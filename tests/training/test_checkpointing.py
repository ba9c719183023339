"""When a training saves what it goes on from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.parted import train


@pytest.mark.parametrize(
    ("every", "length", "step"),
    [
        (2, "trainer.max_epochs=3", 15),
        (5, "trainer.max_epochs=3", 15),
        (2, "+trainer.max_steps=13", 13),
        (3, "+trainer.max_steps=10", 10),
    ],
)
def test_the_last_epoch_is_saved_however_seldom_others_are(
    every: int, length: str, step: int, tmp_path: Path
) -> None:
    ended = train((f"callbacks.last_checkpoint.every_n_epochs={every}", length), tmp_path)
    assert ended.checkpoint["global_step"] == step

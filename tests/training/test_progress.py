"""A terminal is shown how far a training is, as far as that can be known."""

from __future__ import annotations

import io
from functools import partial
from types import SimpleNamespace

import pytest
from rich.console import Console

from dlcli.training import progress


@pytest.mark.parametrize(("batches", "shown"), [(8, "1/8"), (float("inf"), "1/?")])
def test_data_without_a_length_has_a_bar_too(
    batches: float, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    console = partial(Console, force_terminal=True, width=80, _environ={"TERM": "xterm"})
    monkeypatch.setattr(progress, "Console", lambda file: console(file=screen))
    trainer = SimpleNamespace(num_training_batches=batches, max_epochs=2, current_epoch=0)
    bar = progress.Progress()
    bar._trainer = trainer
    bar.on_train_start(trainer, None)
    bar.on_train_epoch_start(trainer, None)
    bar.on_train_batch_end(trainer, None, None, None, 0)
    bar.teardown(trainer, None, "fit")
    assert "epoch 1/2" in screen.getvalue()
    assert shown in screen.getvalue()

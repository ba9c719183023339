"""A training that was stopped early goes on where it is asked for more patience."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dlcli.training.early_stopping import EarlyStopping


@pytest.mark.parametrize(("patience", "stops"), [(3, True), (4, False), (2, True)])
def test_a_resumed_run_has_the_patience_that_it_is_given_now(patience: int, stops: bool) -> None:
    before = EarlyStopping(patience=3)
    before.wait_count = 3
    now, trainer = EarlyStopping(patience=patience), SimpleNamespace(should_stop=False)
    now.load_state_dict(before.state_dict())
    now.on_train_start(trainer, None)
    assert (now.patience, now.wait_count, trainer.should_stop) == (patience, 3, stops)

"""Hooks that do nothing are passed over, those that do something are not."""

from __future__ import annotations

from pytorch_lightning.callbacks import Callback, EarlyStopping

from dlcli.training.hooks import skip_empty_hooks


class Counts(Callback):
    def __init__(self) -> None:
        self.batches = 0

    def on_train_batch_end(self, *arguments: object) -> None:
        self.batches += 1


def test_only_the_hooks_that_a_callback_defines_are_called() -> None:
    counts, stopping = Counts(), EarlyStopping("val/loss")
    skip_empty_hooks([counts, stopping])
    assert callable(counts.on_train_batch_end)
    assert counts.on_train_batch_start is None
    assert stopping.on_before_backward is None
    assert callable(stopping.on_validation_end)


def test_skipping_twice_changes_nothing_more() -> None:
    counts = Counts()
    skip_empty_hooks([counts])
    before = dict(vars(counts))
    skip_empty_hooks([counts])
    assert vars(counts) == before

"""Spare each step the calls of hooks that do nothing."""

from __future__ import annotations

from collections.abc import Iterable

from pytorch_lightning.callbacks import Callback

# Those that Lightning calls in every batch.
STEP_HOOKS = (
    "on_train_batch_start",
    "on_train_batch_end",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_validation_batch_start",
    "on_validation_batch_end",
    "on_test_batch_start",
    "on_test_batch_end",
)


def skip_empty_hooks(callbacks: Iterable[Callback]) -> None:
    """Set every step hook that a callback does not define to None, which Lightning passes over.

    It would call each through a profiler's context: with ten callbacks that is most of what
    Lightning adds to a small step.
    """
    for callback in callbacks:
        for hook in STEP_HOOKS:
            if getattr(callback, hook, None) is not None and _is_empty(callback, hook):
                setattr(callback, hook, None)


def _is_empty(callback: Callback, hook: str) -> bool:
    own = getattr(type(callback), hook, None)
    return own is getattr(Callback, hook) and hook not in vars(callback)

"""A run goes on as if never stopped, also by steps, with windows or validations of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.killing import Outcome
from tests.training.parted import stopped_after, train
from tests.training.test_resume import compare

Overrides = tuple[str, ...]


@pytest.fixture(scope="module")
def unbroken_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Overrides], Outcome]:
    """What a run leaves that nobody stops; each is trained once."""

    @functools.cache
    def whole(overrides: Overrides) -> Outcome:
        return train(overrides, tmp_path_factory.mktemp("unbroken"))

    return whole


BY_STEPS = ("+trainer.max_steps=15", "trainer.max_epochs=10")


@pytest.mark.parametrize("more", [(), ("~callbacks.early_stopping",)])
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_run_by_steps_goes_on_from_an_epochs_end(
    epochs: int, more: Overrides, unbroken_of: Callable[[Overrides], Outcome], tmp_path: Path
) -> None:
    overrides = (*BY_STEPS, *more)
    stopped_after(overrides, tmp_path, epochs)
    compare(unbroken_of(overrides), train(overrides, tmp_path))

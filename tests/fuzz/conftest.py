"""A small search in ``make test``; a large one where slow tests run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SMALL = 25
LARGE = 3000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder in which nothing but what the test wrote may stand afterwards."""
    inside = tmp_path / "work"
    inside.mkdir()
    monkeypatch.chdir(inside)
    yield inside
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def budget(examples: int) -> settings:
    """So many examples, none of which may take longer than a few seconds."""
    return settings(
        max_examples=examples,
        deadline=5000,
        database=None,
        derandomize=examples <= SMALL,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )

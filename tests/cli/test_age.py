"""Times are said as a person reads them."""

from __future__ import annotations

import pytest

from dlcli.cli.age import age, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s ago"),
        (119.9, "119 s ago"),
        (200, "3 min ago"),
        (7199, "119 min ago"),
        (7200, "2 h ago"),
        (200_000, "2 days ago"),
        (100_000_000, "3 years ago"),
    ],
)
def test_how_long_ago(seconds: float, text: str):
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (3.14, "3.1 s"), (59.99, "1 min 0 s"), (250, "4 min 10 s"), (7500, "2 h 5 min")],
)
def test_how_long(seconds: float | None, text: str):
    assert span(seconds) == text

"""What a point's values are written as is read back as the same values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcli.config import grammar
from dlcli.config.point import Unwritable, point_overrides, value_text

# A line break or a NUL stands in no override, and a key of a mapping is a name.
TEXTS = st.text(st.characters(blacklist_characters="\n\0", blacklist_categories=["Cs"]))
SPECIAL = st.text("\\'\" ,:=[]{}()$#a1-.", max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | SPECIAL
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() not in ("null", "true", "false", "inf", "nan")
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


def read(override: str) -> Any:
    return grammar.parse_one(override).value


@given(VALUES)
def test_any_json_value_is_read_back_as_it_was(value: Any):
    (override,) = point_overrides({"model.net.x": value})
    found = read(override)
    assert json.dumps(found) == json.dumps(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("cnn/lenet5", "cnn/lenet5"),
        ("32", "'32'"),
        ("null", "'null'"),
        ("a b", "'a b'"),
        ("", "''"),
        (1e-05, "1e-05"),
        (None, "null"),
        (True, "true"),
        ([8, "x"], "[8,x]"),
        ({"shift": 1}, "{shift:1}"),
    ],
)
def test_plain_values_are_written_plainly(value: Any, text: str):
    assert value_text(value) == text


@pytest.mark.parametrize("value", ["a\nb", "a\0", {"a b": 1}, {"1": 1}, {"": 1}, {1: 1}])
def test_what_no_override_can_hold_is_refused(value: Any):
    with pytest.raises(Unwritable):
        value_text(value)

"""Labels that are numbers are one class however they are written, and others are not."""

from __future__ import annotations

import pytest

from dlcli.data.labels import class_name, in_order


@pytest.mark.parametrize("label", ["7", "7.0", " 7 ", "7e0", "+7", "07"])
def test_a_whole_number_is_one_class_however_it_is_written(label: str) -> None:
    assert class_name(label) == "7"


@pytest.mark.parametrize("label", ["7.5", "seven", "nan", "inf", ""])
def test_anything_else_is_what_it_is(label: str) -> None:
    assert class_name(label) == label


def test_long_numbers_keep_every_digit() -> None:
    assert class_name("9007199254740993") == "9007199254740993"


def test_numbers_are_in_the_order_of_their_values_before_texts() -> None:
    assert in_order(["b", "10", "9", "a", "9"]) == ["9", "10", "a", "b"]

"""Names are readable, and never more than names."""

from __future__ import annotations

import random
import re

import pytest

from dlcli.errors import ConfigError
from dlcli.tracking.names import (
    CleanKeys,
    check_name,
    clean_key,
    generate,
    slug,
    told_apart,
)

RULE = "a name is made of a-z, A-Z, 0-9, '.', '_' and '-', and starts with a letter or digit"


def test_a_generated_name_is_readable_and_allowed() -> None:
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{3}", generate())
    assert check_name(generate())


def test_generating_a_name_moves_no_seeded_state() -> None:
    random.seed(0)
    state = random.getstate()
    generate()
    assert random.getstate() == state


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "--name '': a name cannot be empty"),
        ("../x", f"--name '../x': {RULE}; try --name x"),
        ("a/b", f"--name 'a/b': {RULE}; try --name a-b"),
        ("a\0b", f"--name 'a\\x00b': {RULE}; try --name a-b"),
        ("a\nb", f"--name 'a\\nb': {RULE}; try --name a-b"),
        ("-x", f"--name '-x': {RULE}; try --name x"),
        ("a..b", f"--name 'a..b': {RULE}; try --name a.b"),
        ("café", f"--name 'café': {RULE}; try --name cafe"),
        ("\u0430bc", f"--name '\u0430bc': {RULE}; try --name bc"),
        ("latest", "--name 'latest': 'latest' means the newest run"),
        ("best:x", f"--name 'best:x': {RULE}; try --name best-x"),
        ("0" * 32, f"--name '{'0' * 32}': this looks like a run id"),
        (
            "x" * 101,
            f"--name '{'x' * 100}': a name has at most 100 characters, this one 101; "
            f"try --name {'x' * 100}",
        ),
    ],
)
def test_a_name_that_could_be_more_is_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        check_name(name)
    assert str(refusal.value) == message


def test_a_slug_keeps_what_is_allowed() -> None:
    assert slug("Étude n° 3 / final") == "Etude-n-3-final"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("val/acc", "val/acc"),
        ("loss%", "loss_"),
        ("a:b", "a:b"),
        ("/abs", "abs"),
        ("../up", "up"),
        ("a//b", "a/b"),
        ("", "_"),
    ],
)
def test_an_odd_key_is_cleaned(name: str, cleaned: str) -> None:
    assert clean_key(name) == cleaned


def test_a_long_key_is_shortened_without_becoming_another() -> None:
    first, second = clean_key("x" * 300), clean_key("x" * 301)
    assert (len(first), len(second), first == second) == (250, 250, False)


def test_two_names_that_clean_to_one_are_refused() -> None:
    with pytest.raises(ConfigError) as refusal:
        list(map(CleanKeys(), ["loss%", "loss%", "loss$"]))
    assert str(refusal.value) == (
        "the names 'loss%' and 'loss$' would both be recorded as 'loss_'; rename one of them"
    )


def test_a_cleaned_key_is_remembered() -> None:
    keys = CleanKeys()
    assert (keys("loss%"), keys("loss%")) == ("loss_", "loss_")


@pytest.mark.parametrize(
    ("names", "ids", "found"),
    [
        (["a", "b"], ["1" * 32, "2" * 32], ["a", "b"]),
        (["a", "b", "a"], ["1" * 32, "2" * 32, "3" * 32], ["a 11111111", "b", "a 33333333"]),
        (["a", "a"], ["1" * 32, "1" * 32], ["a 11111111 (1)", "a 11111111 (2)"]),
        (["taken"], [""], ["taken (1)"]),
    ],
)
def test_runs_of_one_name_are_told_apart_by_their_ids(names, ids, found) -> None:
    assert told_apart(names, ids, ["taken"]) == found

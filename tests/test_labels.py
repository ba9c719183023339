"""Names are cut to fit where they are written, and can still be told apart."""

from __future__ import annotations

from dlcli.labels import label, labels, shortened


def test_names_are_cut_and_begin_no_formula():
    assert shortened("Ankle boot of leather") == "Ankle boot of…"
    assert label("$5") == r"\$5"


def test_names_are_cut_in_their_middle_where_only_their_ends_differ():
    assert labels(["Ankle boot of leather", "cat"]) == ["Ankle boot of…", "cat"]
    assert labels(["class number 10", "class number 11", "$5"]) == [
        "class n…ber 10",
        "class n…ber 11",
        r"\$5",
    ]


def test_different_names_never_read_alike_and_the_same_ones_do():
    names = ["a" * 30, "b", "a" * 31, "b"]
    assert labels(names) == ["0: aaaaaaaaaa…", "1: b", "2: aaaaaaaaaa…", "1: b"]
    assert labels(["b", "b"]) == ["b", "b"]

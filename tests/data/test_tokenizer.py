"""Texts become indices and texts again."""

from __future__ import annotations

from dlcli.data.tokenizer import Tokenizer, counted, cut, fit_tokenizer, restored


def test_a_text_is_cut_into_characters():
    assert list(cut("Ab\n", "char")) == ["A", "b", "\n"]
    assert list(cut("Ab\n", "char", lower=True)) == ["a", "b", "\n"]


def test_a_text_is_cut_into_words_signs_and_line_ends():
    words = cut("It's the fox's, don't\nwo n't l'homme 3.5!", "word")
    assert " ".join(words) == "It 's the fox 's , don 't \n wo n 't l ' homme 3 . 5 !"


def test_the_vocabulary_is_the_tokens_that_are_frequent_enough_in_order():
    counts = counted(["aab", "bcd", "ba"])
    assert fit_tokenizer(counts, "char").vocabulary == ("<unk>", "a", "b", "c", "d")
    assert fit_tokenizer(counts, "char", min_count=2).vocabulary == ("<unk>", "a", "b")
    assert fit_tokenizer(counts, "char", most=3).vocabulary == ("<unk>", "a", "b")
    assert fit_tokenizer(counts, "char", most=4).vocabulary == ("<unk>", "a", "b", "c")
    special = ("<pad>", "<unk>")
    assert fit_tokenizer(counts, "char", special=special).vocabulary[:3] == (*special, "a")


def test_what_a_text_says_of_special_tokens_is_no_second_one():
    assert fit_tokenizer(counted([["<unk>", "a"]]), "word").vocabulary == ("<unk>", "a")


def test_a_token_that_is_not_in_the_vocabulary_is_unknown():
    tokenizer = Tokenizer("char", ("<unk>", "a", "b"))
    assert tokenizer.encode("abca").tolist() == [1, 2, 0, 1]
    assert tokenizer.strangers("acbcd") == ["c", "d"]


def test_indices_become_the_text_again():
    tokenizer = fit_tokenizer(counted(["to be"]), "char")
    assert tokenizer.decode(tokenizer.encode("to be").tolist()) == "to be"
    text = "Well (said he), it's\nthe fox!"
    words = fit_tokenizer(counted([cut(text, "word")]), "word")
    assert words.decode(words.encode(text).tolist()) == text


def test_a_tokenizer_comes_back_from_its_state():
    tokenizer = Tokenizer("word", ("<unk>", "a"), lower=True)
    assert tokenizer.state() == {"level": "word", "vocabulary": ["<unk>", "a"], "lower": True}
    assert restored(tokenizer.state()) == tokenizer

"""Tokens as vectors: alone and with their neighbours."""

from __future__ import annotations

import torch

from dlcli.nets.embedding import Embedding, pairs
from dlcli.nets.sequence import real_steps


def test_a_token_is_its_vector():
    embedding = Embedding(5, 3)
    x = torch.tensor([[1, 4], [0, 2]])
    assert torch.equal(embedding(x), embedding.tokens.weight[x])


def test_the_initial_numbers_are_as_large_as_asked_for():
    embedding = Embedding(500, 20, bigrams=300, spread=0.1)
    for table in (embedding.tokens, embedding.pairs):
        torch.testing.assert_close(table.weight.std(), torch.tensor(0.1), rtol=0.05, atol=0)


def test_a_pair_is_a_token_and_the_one_before_it():
    found = pairs(torch.tensor([[3, 4, 3, 4], [4, 3, 4, 4]]), 1_000_003)
    assert found[0, 1] == found[0, 3] == found[1, 2]
    assert found[0, 2] == found[1, 1] != found[0, 1]
    assert len(found.unique()) == 4
    assert found[:, 0].tolist() == [0, 0]


def test_pairs_are_added_to_the_tokens():
    embedding = Embedding(9, 2, bigrams=50)
    x = torch.tensor([[3, 4]])
    expected = embedding.tokens.weight[x] + embedding.pairs.weight[pairs(x, 50)]
    assert torch.equal(embedding(x), expected)


def test_padding_is_what_fills_up_the_end():
    x = torch.tensor([[1, 2, 0, 0], [0, 3, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    assert real_steps(x, 0).long().tolist() == [
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        [1, 0, 0, 0],
        [1, 1, 1, 1],
    ]
    assert real_steps(x, None) is None

"""Words become unknown at random, and padding stays what it is."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.augment_text import TextAugment
from dlcli.data.seed import generator
from dlcli.errors import ConfigError


def test_a_share_of_the_words_becomes_unknown():
    tokens = torch.randint(2, 50, (100, 100))
    tokens[:, 60:] = 0
    changed = TextAugment(0.3)(tokens, generator(0))
    dropped = changed != tokens
    assert changed[dropped].unique().tolist() == [1]
    assert not dropped[:, 60:].any()
    assert dropped[:, :60].float().mean().item() == pytest.approx(0.3, abs=0.02)


def test_what_becomes_unknown_comes_from_the_generator_alone():
    tokens = torch.randint(2, 50, (8, 8))
    one, other = (TextAugment(0.5)(tokens, generator(7)) for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, TextAugment(0.5)(tokens, generator(8)))
    assert TextAugment()(tokens, generator(7)) is tokens


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ConfigError) as caught:
        TextAugment(share)
    assert caught.value.problems == [f"data.augment.word_dropout: {share} is not in [0, 1)"]

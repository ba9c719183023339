"""A language model writes what its logits say, by the temperature and the seed."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from dlcli.data.seed import generator
from dlcli.data.spec import DataSpec
from dlcli.data.tokenizer import Tokenizer
from dlcli.errors import ConfigError
from dlcli.training.sample import LanguageModel, Sampling

LETTERS = ("<unk>", "a", "b", "c", "d")
LOGITS = torch.tensor([-torch.inf, 0.0, 1.0, 2.0, 3.0])


class Successor(torch.nn.Module):
    """Says that the letter after the last one comes next, and ``<unk>`` even more so."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.lengths.append(x.shape[1])
        logits = torch.full((*x.shape, 5), -20.0)
        logits.scatter_(2, (x % 4 + 1).unsqueeze(-1), 5.0)
        logits[..., 0] = 100.0
        return logits


def model(level="char", vocabulary=LETTERS) -> LanguageModel:
    spec = DataSpec("tokens", (3,), "next_token", vocabulary=vocabulary)
    return LanguageModel(Successor(), Tokenizer(level, vocabulary), spec)


def picks(how: Sampling, count: int = 4000) -> Counter[int]:
    rng = generator(0)
    return Counter(how.pick(LOGITS, rng) for _ in range(count))


def test_what_comes_after_the_prompt_is_written():
    assert list(model().write("ab", Sampling(length=6))) == ["c", "d", "a", "b", "c", "d"]


def test_the_net_sees_no_more_than_a_block():
    writer = model()
    list(writer.write("a", Sampling(length=5)))
    assert writer.net.lengths == [1, 2, 3, 3, 3]
    writer.net.lengths.clear()
    list(writer.write("abcdabcd", Sampling(length=1)))
    assert writer.net.lengths == [3]


def test_words_are_written_as_a_writer_would():
    words = model("word", ("<unk>", "the", "fox", ",", "\n"))
    assert "".join(words.write("the", Sampling(length=6))) == " fox,\nthe fox,"


@pytest.mark.parametrize(
    ("vocabulary", "first"), [(("<unk>", "a", "\n", "b", "c"), "b"), (LETTERS, "a")]
)
def test_without_a_prompt_a_line_begins(vocabulary, first):
    assert list(model("char", vocabulary).write("", Sampling(length=1))) == [first]


def test_without_temperature_the_likeliest_token_is_taken():
    assert picks(Sampling(temperature=0), 10) == {4: 10}


def test_temperature_divides_the_logits():
    for temperature in (0.5, 1.0, 2.0):
        found = picks(Sampling(temperature=temperature))
        shares = torch.softmax(LOGITS / temperature, 0)
        assert all(found[i] / 4000 == pytest.approx(shares[i].item(), abs=0.03) for i in range(5))


def test_the_coldest_temperature_is_still_a_choice():
    assert picks(Sampling(temperature=1e-30), 10) == {4: 10}


def test_only_the_k_likeliest_are_picked_from():
    assert set(picks(Sampling(temperature=5.0, top_k=2))) == {3, 4}
    assert set(picks(Sampling(temperature=5.0, top_k=99))) == {1, 2, 3, 4}


def test_the_seed_decides_what_is_written():
    class Even(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.zeros(*x.shape, 5)

    writer = LanguageModel(Even(), model().tokenizer, model().spec)
    texts = ["".join(writer.write("a", Sampling(50, 1.0, seed=seed))) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert set(texts[0]) == {"a", "b", "c", "d"}


def test_what_is_out_of_range_is_refused_at_once():
    with pytest.raises(ConfigError) as caught:
        Sampling(length=0, temperature=float("nan"), top_k=0)
    assert caught.value.problems == [
        "--length: 0 is not positive",
        "--temperature: nan; it must be 0 (the likeliest token) or above",
        "--top-k: 0 is not positive",
    ]
    with pytest.raises(ConfigError, match="--temperature: inf; it must be 0"):
        Sampling(temperature=float("inf"))

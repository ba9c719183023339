"""A language model is shown by what surprises it, what context is worth, and what it writes."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from matplotlib.figure import Figure
from torch import nn

from dlcli.data.text import Text
from dlcli.evaluation import language
from dlcli.evaluation.case import Case, Shown
from dlcli.evaluation.passage import COLUMNS, draw_passage, laid_out, readable, write
from dlcli.evaluation.surprise import Surprise, log_chances, surprise
from dlcli.models.supervised import Supervised
from dlcli.training.measure import measure
from dlcli.training.writing import write_samples
from tests.data.test_text import write_tiny

SGD = partial(torch.optim.SGD, lr=0.1)
FILES = [
    "figures/surprise_test.png",
    "figures/surprise_test.csv",
    "figures/context_test.png",
    "figures/context_test.csv",
    "sample_test.txt",
]


class Halving(nn.Module):
    """Gives the token after the last one half of the probability, all others as much of the rest.

    After the first token that it reads all are alike to it.
    """

    def __init__(self, spec) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.count = len(spec.vocabulary)
        self.lengths: list[int] = []

    def forward(self, x):
        self.lengths.append(x.shape[1])
        likely = nn.functional.one_hot((x + 1) % self.count, self.count).bool()
        logits = torch.where(likely, math.log(self.count - 1), 0.0)
        logits[:, 0] = 0.0
        return logits


def case(folder: Path, **options) -> Case:
    options = {"block": 16, "test_fraction": 0.3, "seed": 0, **options}
    data = Text(write_tiny(folder), **options)
    data.setup()
    torch.manual_seed(0)
    model = Supervised(Halving, data.spec, SGD)
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    return Case(model, data, data.spec, "test", trainer, folder / "artifacts")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Shown]:
    """One that was looked at."""
    seen = case(tmp_path_factory.mktemp("language"))
    return seen, language.show(seen)


def test_everything_is_written_and_the_same_again(looked, tmp_path):
    one, shown = looked
    two = case(tmp_path)
    again = language.show(two)
    assert shown.files == again.files == FILES
    assert shown.listings == again.listings
    for file in FILES:
        assert (one.artifacts / file).read_bytes() == (two.artifacts / file).read_bytes()


def test_another_seed_writes_another_sample(looked, tmp_path):
    one, other = looked[0].artifacts / "sample_test.txt", tmp_path / "other.txt"
    assert write_samples(looked[0].model, looked[0].data, other, seed=1)
    texts = [path.read_text().split("--- temperature ")[1:] for path in (one, other)]
    assert [[text[:4] for text in three] for three in texts] == [["0.5\n", "0.8\n", "1.0\n"]] * 2
    assert [len(text) for three in texts for text in three] == [205] * 6
    assert texts[0] != texts[1]


def test_surprise_is_in_bits_beside_what_was_expected_instead(looked):
    seen, _ = looked
    words, rows = seen.spec.vocabulary, table(seen.artifacts / FILES[1])
    (before, passage), *_ = seen.data.passages("test", 300)
    assert [row["token"] for row in rows] == [words[i] for i in passage.tolist()]
    for last, row in zip([before[-1].item(), *passage.tolist()], rows, strict=False):
        expected = words[(last + 1) % len(words)]
        right = row["token"] == expected
        bits = 1 if right else 1 + math.log2(len(words) - 1)
        assert row["expected"] == expected
        assert float(row["bits"]) == pytest.approx(bits)
        assert float(row["probability"]) == pytest.approx(0.5)


def test_a_token_has_half_a_block_before_it_or_all_there_is():
    class Length(nn.Module):
        def forward(self, x):
            places = torch.arange(x.shape[1], dtype=torch.float).expand(2, -1).T[None]
            return torch.cat([places, torch.zeros_like(places)], 2)

    logs = log_chances(Length(), torch.arange(23), 0, 8)
    assert logs.shape == (22, 4)
    context = (logs[:, 0] - logs[:, 2] + 1).round().int().tolist()
    assert context == [1, 2, 3, 4, *[5, 6, 7, 8] * 4, 7, 8]
    assert torch.equal(log_chances(Length(), torch.arange(23), 10, 8)[-1], logs[-1])
    assert len(log_chances(Length(), torch.arange(23), 10, 8)) == 13
    assert len(log_chances(Length(), torch.arange(5), 0, 1)) == 4


def test_the_loss_by_context_has_the_mean_that_is_measured(looked):
    seen, _ = looked
    metrics = measure(seen.trainer, seen.model, seen.data, "test")
    rows = table(seen.artifacts / FILES[3])
    assert [int(row["context"]) for row in rows] == list(range(1, 17))
    mean = sum(float(row["bits"]) for row in rows) / 16  # all places are there equally often
    assert mean == pytest.approx(metrics["test/bpc"], rel=1e-5)
    assert float(rows[0]["bits"]) == pytest.approx(math.log2(len(seen.spec.vocabulary)))
    assert float(rows[0]["standard_error"]) == pytest.approx(0, abs=1e-6)
    assert len({row["tokens"] for row in rows}) == 1


def test_the_ten_least_expected_are_listed_with_what_was_before_them(looked):
    (found,) = looked[1].listings
    assert found.title == "least expected"
    assert found.columns == ["bits", "after", "token", "expected"]
    assert len(found.rows) == 10
    bits = [float(row[0]) for row in found.rows]
    assert bits == sorted(bits, reverse=True)
    assert all(len(row[1]) == language.BEFORE for row in found.rows)


def test_words_have_gaps_and_blanks(tmp_path):
    found = surprise(case(tmp_path, level="word", block=4))
    for one, two in pairwise(laid_out(found)):
        assert one.line < two.line or two.column > one.column + len(one.text)
    assert language.listing(found).rows[0][1].count(" ") > 0


def test_a_data_module_of_ones_own_is_shown_by_its_chunks(looked, tmp_path):
    seen, _ = looked

    class Own(pl.LightningDataModule):
        def test_dataloader(self):
            return seen.data.eval_dataloader("test")

    own = Case(seen.model, Own(), seen.spec, "test", seen.trainer, tmp_path / "own")
    first = next(iter(seen.data.eval_dataloader("test")))[0][0].tolist()
    found = surprise(own)
    assert found.tokens[:15] == [seen.spec.vocabulary[i] for i in first[1:]]
    assert not write_samples(own.model, own.data, tmp_path / "sample.txt", seed=0)
    assert found.context(2, 9) == [seen.spec.vocabulary[i] for i in first[:3]]


LONG = Surprise(
    tokens=["a", "\n", "b", *"c" * 100, "d"],
    bits=[1.0] * 103 + [9.0],
    expected=["a"] * 104,
    chances=[0.5] * 104,
    opening=[0, 2],
    before=[[], []],
)


def test_lines_end_where_the_text_and_the_room_do():
    places = laid_out(LONG)
    written = [(place.token, place.line, place.column) for place in places]
    assert written[:5] == [(0, 0, 0), (1, 0, 1), (None, 1, 0), (2, 1, 2), (3, 1, 3)]
    assert max(place.column for place in places) == COLUMNS - 1
    assert written[-1] == (103, 2, 102 - COLUMNS + 1)


def test_the_least_expected_is_framed_and_dark():
    panel = Figure().subplots()
    boxes = write(panel, LONG, laid_out(LONG))
    assert boxes.get_array()[-1] == 9.0
    assert sum(width > 0 for width in boxes.get_linewidths()) == 10
    assert boxes.get_linewidths()[-1] > 0
    assert [text.get_color() for text in panel.texts][-2:] == ["#333333", "white"]


def test_an_unknown_character_is_one_letter_wide():
    unknown = replace(LONG, tokens=["<unk>", *LONG.tokens[1:]])
    assert [place.column for place in laid_out(unknown)[:2]] == [0, 1]
    assert language.joined(["a", "<unk>", " "], unknown) == "a□·"


def test_a_token_that_is_ruled_out_is_the_least_expected(tmp_path):
    ruled_out = replace(LONG, bits=[1.0, math.inf, *LONG.bits[2:]])
    assert ruled_out.least(2) == [1, 103]
    draw_passage(ruled_out, tmp_path / "a.png")
    assert table(tmp_path / "a.csv")[1]["bits"] == "inf"


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("\n", "↵"),
        (" ", "·"),
        ("<unk>", "□"),
        ("\x1b", "□"),
        ("$x$", "$x$"),
        ("a" * 40, "a" * 29 + "…"),
    ],
)
def test_what_cannot_be_seen_has_a_sign(token, shown):
    assert readable(token) == shown

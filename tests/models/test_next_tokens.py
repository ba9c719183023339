"""Tokens are counted one by one; what fills up short texts is none."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional
from torchmetrics.functional.text import perplexity

from dlcli.errors import ConfigError
from dlcli.models.next_tokens import NextTokens


def measured(
    task: NextTokens, output: torch.Tensor, target: torch.Tensor, stage: str = "val"
) -> dict[str, float]:
    """What is reported of all texts, given in uneven batches."""
    total = torch.zeros(task.quantities(stage), dtype=torch.float64)
    for out, true in zip(output.split(2), target.split(2), strict=True):
        total += task.sums(stage, task.loss(out, true, stage), out, true)
    return {name: v.item() for name, v in task.report(stage, total / len(target)).items()}


@pytest.mark.parametrize("padding", [None, 0])
def test_perplexity_is_that_of_torchmetrics(padding: int | None) -> None:
    torch.manual_seed(0)
    output, target = torch.randn(5, 6, 7), torch.randint(7, (5, 6))
    found = measured(NextTokens(padding), output, target)
    counted = torch.ones_like(target, dtype=torch.bool) if padding is None else target != padding
    loss = functional.cross_entropy(output[counted], target[counted]).item()
    right = (output.argmax(-1) == target)[counted].float().mean().item()
    assert found == pytest.approx(
        {
            "loss": loss,
            "acc": right,
            "perplexity": perplexity(output, target, ignore_index=padding).item(),
            "bpc": loss / math.log(2),
        },
        rel=1e-5,
    )


def test_tokens_by_hand() -> None:
    # Four tokens alike are two bits; the first of them is taken.
    output, target = torch.zeros(1, 3, 4), torch.tensor([[0, 1, 2]])
    found = measured(NextTokens(), output, target)
    assert found == pytest.approx(
        {"loss": math.log(4), "acc": 1 / 3, "perplexity": 4.0, "bpc": 2.0}
    )


def test_half_precision_does_not_overflow_over_many_tokens() -> None:
    output, target = torch.zeros(256, 64, 100).half(), torch.zeros(256, 64).long()
    assert NextTokens().loss(output, target, "train").item() == pytest.approx(math.log(100))


def test_a_batch_of_padding_alone_is_no_loss() -> None:
    task = NextTokens(padding=0)
    assert task.loss(torch.randn(2, 3, 4), torch.zeros(2, 3).long(), "train") == 0


def test_labels_are_smoothed_in_training_alone() -> None:
    output, target = torch.randn(2, 3, 4), torch.randint(4, (2, 3))
    task = NextTokens(label_smoothing=0.2)
    smoothed = functional.cross_entropy(output.flatten(0, 1), target.flatten(), label_smoothing=0.2)
    assert task.loss(output, target, "train").item() == pytest.approx(smoothed.item())
    assert measured(task, output, target) == measured(NextTokens(), output, target)
    assert list(measured(task, output, target, "train")) == ["loss", "acc"]


def test_a_loss_for_values_is_refused() -> None:
    with pytest.raises(ConfigError) as refusal:
        NextTokens(loss="mae")
    assert str(refusal.value) == (
        "model.loss: mae is no loss for data with next tokens; choose auto, cross_entropy"
    )


def test_counts_of_a_batch_are_exact_in_half_precision() -> None:
    output, target = torch.zeros(7, 143, 3, dtype=torch.bfloat16), torch.zeros(7, 143).long()
    sums = NextTokens().sums("val", torch.ones((), dtype=torch.bfloat16), output, target)
    assert sums.tolist() == [1001, 1001, 1001]

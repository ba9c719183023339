"""Every measure of classes is scikit-learn's, over all batches together."""

from __future__ import annotations

import math

import pytest
import torch
from sklearn import metrics
from torch.nn import functional

from dlcli.errors import ConfigError
from dlcli.models.classes import LOSSES, Classes
from dlcli.models.scores import Scores, auc


def measured(task: Classes, output: torch.Tensor, target: torch.Tensor) -> dict[str, float]:
    """What is reported of all examples, given in uneven batches."""
    total = torch.zeros(task.quantities("val"), dtype=torch.float64)
    for out, true in zip(output.split(7), target.split(7), strict=True):
        total += task.sums("val", task.loss(out, true, "val"), out, true)
    report = task.report("val", total / len(target))
    return {name: value.item() for name, value in report.items()}


@pytest.mark.parametrize("classes", [2, 3, 300])
def test_macro_averages_are_scikit_learns(classes: int) -> None:
    torch.manual_seed(classes)
    output, target = torch.randn(50, classes), torch.randint(classes, (50,))
    taken = output.argmax(1)
    mean = {"average": "macro", "zero_division": 0.0}
    found = measured(Classes(classes), output, target)
    expected = {
        "loss": functional.cross_entropy(output, target).item(),
        "acc": metrics.accuracy_score(target, taken),
        "error": 1 - metrics.accuracy_score(target, taken),
        "precision": metrics.precision_score(target, taken, **mean),
        "recall": metrics.recall_score(target, taken, **mean),
        "f1": metrics.f1_score(target, taken, **mean),
    }
    if classes == 2:
        expected["sensitivity"] = metrics.recall_score(target, taken)
        expected["specificity"] = metrics.recall_score(target, taken, pos_label=0)
    assert found == pytest.approx(expected, abs=1e-6)


def test_two_classes_by_hand() -> None:
    # Of 4 positive examples 3 are found, of 6 negative ones 4: precision 3/5 and 4/5.
    target = torch.tensor([1] * 4 + [0] * 6)
    taken = torch.tensor([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
    found = measured(Classes(2), functional.one_hot(taken, 2).float(), target)
    assert found["acc"] == pytest.approx(7 / 10)
    assert found["error"] == pytest.approx(3 / 10)
    assert found["precision"] == pytest.approx((3 / 5 + 4 / 5) / 2)
    assert found["recall"] == pytest.approx((3 / 4 + 4 / 6) / 2)
    assert found["f1"] == pytest.approx((6 / 9 + 8 / 11) / 2)
    assert found["sensitivity"] == pytest.approx(3 / 4)
    assert found["specificity"] == pytest.approx(4 / 6)


@pytest.mark.parametrize("ties", [True, False])
def test_the_area_under_the_curve_is_scikit_learns(ties: bool) -> None:
    torch.manual_seed(0)
    scores = torch.randn(200).round(decimals=1) if ties else torch.randn(200)
    target = torch.randint(2, (200,))
    kept = Scores()
    for score, true in zip(scores.split(64), target.split(64), strict=True):
        kept.update(score, true)
    found = kept.auc(lambda total: total).item()
    assert found == pytest.approx(metrics.roc_auc_score(target, scores))


def test_an_area_by_hand() -> None:
    # Of the pairs (positive, negative): 0.9 > 0.5, 0.9 > 0.1, 0.5 = 0.5, 0.5 > 0.1.
    found = auc(torch.tensor([0.9, 0.5, 0.5, 0.1]), torch.tensor([True, True, False, False]))
    assert found.item() == 3.5 / 4


def test_one_class_alone_has_no_area() -> None:
    assert auc(torch.rand(3), torch.ones(3, dtype=torch.bool)).isnan()


def test_processes_put_their_scores_together() -> None:
    shares = [torch.tensor([0.9, 0.1]), torch.tensor([0.5])]
    labels = [torch.tensor([1, 0]), torch.tensor([1])]
    asked: list[list[torch.Tensor]] = [[], []]

    def one(rank: int, known: list[torch.Tensor]) -> float:
        """Run a process; ``known`` are the sums that it would have been told."""
        kept = Scores()
        kept.update(shares[rank], labels[rank])

        def summed(total: torch.Tensor) -> torch.Tensor:
            asked[rank].append(total)
            return known[len(asked[rank]) - 1] if len(asked[rank]) <= len(known) else total

        return kept.auc(summed, rank, 2).item()

    sizes = torch.tensor([2, 1])
    everything = torch.tensor([[0.9, 0.1, 0.5], [1.0, 0.0, 1.0]])
    assert [one(rank, [sizes, everything]) for rank in (0, 1)] == [1.0, 1.0]
    assert torch.equal(asked[0][0] + asked[1][0], sizes)
    assert torch.equal(asked[0][1] + asked[1][1], everything)


OUTPUT = torch.tensor([[2.0, 1.5, -1.0], [0.0, 1.0, 3.0]])
TARGET = torch.tensor([0, 1])


def test_losses_by_hand() -> None:
    # Right by 0.5, so 0.5 short of the margin of 1; wrong by 2, so 3 short.
    assert LOSSES["hinge"](OUTPUT, TARGET).item() == pytest.approx((0.5 + 3.0) / 2)

    def minus(x: float) -> float:
        return math.log1p(math.exp(x))

    rows = [minus(-2.0) + minus(1.5) + minus(-1.0), minus(0.0) + minus(-1.0) + minus(3.0)]
    assert LOSSES["binary_cross_entropy"](OUTPUT, TARGET).item() == pytest.approx(sum(rows) / 2)


def test_hinge_is_scikit_learns() -> None:
    torch.manual_seed(0)
    output, target = torch.randn(40, 4), torch.arange(40) % 4
    expected = metrics.hinge_loss(target.numpy(), output.numpy())
    assert LOSSES["hinge"](output, target).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_falls_towards_the_right_answer(name: str) -> None:
    output = torch.zeros(2, 3, requires_grad=True)
    Classes(3, name).loss(output, TARGET, "train").backward()
    assert (output.grad.gather(1, TARGET[:, None]) < 0).all()


def test_labels_are_smoothed_in_training_alone() -> None:
    task = Classes(3, label_smoothing=0.3)
    log_p = OUTPUT.log_softmax(1)
    wanted = functional.one_hot(TARGET, 3) * 0.7 + 0.1
    by_hand = -(wanted * log_p).sum(1).mean()
    assert task.loss(OUTPUT, TARGET, "train").item() == pytest.approx(by_hand.item())
    plain = functional.cross_entropy(OUTPUT, TARGET).item()
    assert task.loss(OUTPUT, TARGET, "val").item() == pytest.approx(plain)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: Classes(3, "huber"),
            "model.loss: huber is no loss for data with classes; "
            "choose auto, cross_entropy, binary_cross_entropy, hinge",
        ),
        (
            lambda: Classes(3, "hinge", label_smoothing=0.1),
            "model.label_smoothing: 0.1, but hinge has no labels to smooth; "
            "use model.loss=cross_entropy",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(build, message: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        build()
    assert str(refusal.value) == message


def test_counts_of_a_batch_are_exact_in_half_precision() -> None:
    right = torch.arange(1001) < 997  # neither is a number of bfloat16
    output = functional.one_hot(torch.zeros(1001, dtype=torch.long), 3).to(torch.bfloat16)
    task, target = Classes(3, "hinge"), (~right).long()
    loss = task.loss(output, target, "val")
    sums = task.sums("val", loss, output, target)
    assert loss.dtype == torch.bfloat16
    assert sums[1:].tolist() == [997, 997, 0, 0, 1001, 0, 0, 997, 4, 0]

"""Every measure of values is scikit-learn's or torchmetrics', in the values' own unit."""

from __future__ import annotations

import pytest
import torch
from sklearn import metrics
from torch.nn import functional
from torchmetrics.functional.regression import weighted_mean_absolute_percentage_error

from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.values import LOSSES, Values


def measured(task: Values, output: torch.Tensor, target: torch.Tensor) -> dict[str, float]:
    """What is reported of all examples, given in uneven batches."""
    total = torch.zeros(task.quantities("val"), dtype=torch.float64)
    for out, true in zip(output.split(7), target.split(7), strict=True):
        total += task.sums("val", task.loss(out, true, "val"), out, true)
    report = task.report("val", total / len(target))
    return {name: value.item() for name, value in report.items()}


def spec(*centre: float, scale: float = 1.0) -> DataSpec:
    count = len(centre)
    return DataSpec("vector", (3,), "value", values=count, centre=centre, scale=(scale,) * count)


@pytest.mark.parametrize("centre", [(0.0,), (5.0, -3.0)])
def test_errors_are_those_of_the_libraries(centre: tuple[float, ...]) -> None:
    torch.manual_seed(0)
    task = Values(spec(*centre, scale=2.0))
    output, target = torch.randn(50, len(centre)), 2 * torch.randn(50, len(centre)) + centre[0]
    answer = task.answer(output)
    relative = weighted_mean_absolute_percentage_error(answer, target).item()
    assert measured(task, output, target) == pytest.approx(
        {
            "loss": functional.mse_loss(answer, target).item() / 4,
            "rmse": metrics.mean_squared_error(target, answer) ** 0.5,
            "mae": metrics.mean_absolute_error(target, answer),
            "relative_error": relative,
            "r2": metrics.r2_score(target, answer),
        },
        rel=1e-5,
    )


def test_values_by_hand() -> None:
    output, target = torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 3.0, 5.0])
    assert measured(Values(spec(0.0)), output[:, None], target) == pytest.approx(
        {
            "loss": 2 / 3,
            "rmse": (2 / 3) ** 0.5,
            "mae": 2 / 3,
            "relative_error": 2 / 9,
            "r2": 1 - 2 / 8,
        }
    )


def test_r2_is_exact_far_from_zero() -> None:
    torch.manual_seed(0)
    target = 1e5 + torch.randn(200)
    task = Values(spec(1e5))
    output = (target - 1e5 + 0.1 * torch.randn(200))[:, None]
    expected = metrics.r2_score(target.double(), output.double().flatten() + 1e5)
    assert measured(task, output, target)["r2"] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("miss", "r2"), [(0.0, 1.0), (0.5, 0.0)])
def test_r2_of_a_constant_is_one_or_nothing(miss: float, r2: float) -> None:
    target = torch.full((9,), 3.3)
    output = target[:, None] + miss
    assert measured(Values(spec(0.0)), output, target)["r2"] == r2
    assert metrics.r2_score(target, output) == r2


@pytest.mark.parametrize(
    ("name", "by_hand"), [("mse", (0.25 + 9) / 2), ("mae", 1.75), ("huber", (0.125 + 2.5) / 2)]
)
def test_losses_by_hand(name: str, by_hand: float) -> None:
    # Missed by half and by three spreads of 2.
    task = Values(spec(1.0, scale=2.0), name)
    loss = task.loss(torch.tensor([[0.5], [3.0]]), torch.tensor([1.0, 1.0]), "train")
    assert loss.item() == pytest.approx(by_hand)


def test_auto_is_the_squared_error() -> None:
    assert next(iter(LOSSES)) == "mse"


def test_a_loss_for_classes_is_refused() -> None:
    with pytest.raises(ConfigError) as refusal:
        Values(spec(0.0), "hinge")
    assert str(refusal.value) == (
        "model.loss: hinge is no loss for data with values; choose auto, mse, mae, huber"
    )

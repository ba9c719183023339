"""Which points of a space can be trained is found out by building them, not by training."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from dlcli.config.compose import compose
from dlcli.errors import ConfigError
from dlcli.training import corners, trial
from tests.training.trialling import Told


def check(points: list[list[str]], metric: str = "val/loss", mode: str = "auto") -> dict[str, Any]:
    """The details that a check of some points gives."""
    configs = [json.loads(json.dumps(asdict(compose("train", point)))) for point in points]
    objective = {"metric": [metric], "mode": [mode]}
    return trial.check({"configs": configs, "objective": objective}, Told()).details


def test_points_that_can_be_trained_have_no_problems() -> None:
    points = [["model=mlp"], ["model=cnn"], ["model=transformer"], ["model=rnn", "optimizer=sgd"]]
    found = check(points, "val/acc")
    assert (found["problems"], found["modes"]) == ([[], [], [], []], ["max"])
    assert {"code", "versions"} <= set(found)


def test_an_impossible_combination_is_told_of_its_point_alone() -> None:
    found = check([["model=transformer", f"model.net.heads={heads}"] for heads in (4, 7)])
    assert found["problems"][0] == []
    assert "heads" in found["problems"][1][0]


def test_an_argument_that_an_optimizer_refuses_is_found() -> None:
    points = [["model=mlp", "optimizer=momentum", f"optimizer.momentum={m}"] for m in (0.9, 0.0)]
    nesterov = [[*point, "optimizer.nesterov=true"] for point in points]
    problems = check(nesterov)["problems"]
    assert problems[0] == []
    assert problems[1] == ["optimizer: Nesterov momentum requires a momentum and zero dampening"]


def test_a_warm_up_is_too_long_for_the_batches_of_its_own_point() -> None:
    warm = ["model=mlp", "scheduler.interval=step", "scheduler.warmup=60", "trainer.max_epochs=2"]
    problems = check([[*warm, f"data.batch_size={size}"] for size in (32, 256, 16)])["problems"]
    assert problems == [
        [],
        ["scheduler.warmup: 60 steps leave nothing of the training's 10 to the curve"],
        [],
    ]


def test_a_metric_that_no_model_logs_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as refused:
        check([["model=mlp"], ["model=autoencoder"]], "val/lss")
    assert str(refused.value).startswith(
        "objective.metric: Supervised does not log 'val/lss'; did you mean val/loss"
    )


def test_a_metric_that_one_model_does_not_log_is_a_problem_of_its_points() -> None:
    problems = check([["model=mlp"], ["model=autoencoder"]], "val/acc")["problems"]
    assert problems[0] == []
    assert problems[1][0].startswith("objective.metric: Autoencoder does not log 'val/acc'")


def test_a_metric_of_the_test_split_is_no_objective() -> None:
    with pytest.raises(ConfigError, match="use val/acc"):
        check([["model=mlp"]], "test/acc")


@pytest.mark.parametrize(
    ("metric", "mode"), [("cost/params", "min"), ("cost/samples_per_second", "max")]
)
def test_the_direction_of_a_cost_is_known(metric: str, mode: str) -> None:
    assert check([["model=mlp"]], metric)["modes"] == [mode]


def test_a_direction_that_was_asked_for_is_kept() -> None:
    assert check([["model=mlp"]], "val/acc", "min")["modes"] == ["min"]


@pytest.mark.parametrize("model", ["mlp", "cnn", "rnn", "transformer", "autoencoder", "gan"])
def test_models_are_built_where_weights_take_no_memory(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    assemble = corners.assemble

    def remembered(*args: Any, **kwargs: Any) -> Any:
        experiment = assemble(*args, **kwargs)
        built.append({parameter.device.type for parameter in experiment.model.parameters()})
        return experiment

    monkeypatch.setattr(corners, "assemble", remembered)
    assert check([[f"model={model}"]], "cost/params")["problems"] == [[]]
    assert built == [{"meta"}]

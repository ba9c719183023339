"""Answers are heard in the pass that measures; several are averaged and measured as one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

from dlcli.errors import ConfigError
from dlcli.evaluation.alike import check_alike, check_once
from dlcli.evaluation.answers import Answers
from dlcli.evaluation.evaluate import together
from dlcli.evaluation.member import answered
from dlcli.evaluation.request import Request
from dlcli.evaluation.together import averaged, check_averaging, ensemble, scores, with_views
from dlcli.training.measure import split_loader
from tests.evaluation.models import CLASSES, VALUES, Data, member


@pytest.mark.parametrize("spec", [CLASSES, VALUES])
def test_what_is_heard_is_what_is_predicted(spec):
    one = member(spec)
    asked = answered(one, split_loader(one.data, "test"))
    torch.testing.assert_close(one.answers.outputs, asked.outputs, rtol=0, atol=0)
    torch.testing.assert_close(one.answers.targets, one.data.targets, rtol=0, atol=0)
    one.trainer.test(one.model, dataloaders=split_loader(one.data, "test"), verbose=False)
    assert len(one.listening.answers()) == len(one.answers)


@pytest.mark.parametrize("spec", [CLASSES, VALUES])
def test_answers_of_one_are_measured_as_it_was(spec):
    one = member(spec)
    again = scores(one, averaged([one.answers], spec), "test")
    assert again.keys() == one.metrics.keys()
    assert again == pytest.approx(one.metrics, rel=1e-5)


def test_probabilities_are_averaged():
    a, b = (torch.tensor([[p, 1 - p]]).log() for p in (0.9, 0.2))
    both = averaged([Answers(a + 3, torch.zeros(1)), Answers(b - 5, torch.zeros(1))], CLASSES)
    assert both.probabilities()[0].tolist() == pytest.approx([0.55, 0.45])


def test_values_are_averaged():
    two = [Answers(torch.tensor([[value]]), torch.zeros(1, 1)) for value in (10.0, 40.0)]
    assert averaged(two, VALUES).outputs.tolist() == [[25.0]]


def test_an_ensemble_is_measured_by_the_rules_of_its_members():
    members = [member(seed=seed) for seed in range(3)]
    whole = ensemble(members, "test")
    mean = torch.stack([one.answers.outputs.softmax(1) for one in members]).mean(0)
    target = members[0].data.targets
    loss = torch.nn.functional.nll_loss(mean.log(), target).item()
    assert whole.metrics["test/loss"] == pytest.approx(loss, rel=1e-5)
    expected = multiclass_accuracy(mean, target, 3, average="micro").item()
    assert whole.metrics["test/acc"] == pytest.approx(expected)
    f1 = multiclass_f1_score(mean, target, 3, average="macro").item()
    assert whole.metrics["test/f1"] == pytest.approx(f1)


def test_a_mean_of_probabilities_has_no_hinge_loss():
    found = scores(one := member(loss="hinge"), one.answers, "test")
    assert "test/loss" in one.metrics
    assert "test/loss" not in found


def test_views_are_averaged_with_the_image_itself():
    one = member()
    # of vectors, moved along their features
    object.__setattr__(one, "spec", replace(CLASSES, shape=(1, 1, 3)))
    one.data.inputs = one.data.inputs.view(-1, 1, 1, 3)
    one.model.net = torch.nn.Sequential(torch.nn.Flatten(), one.model.net)
    answers = with_views(one, ("flip",), "test")
    flat = one.data.inputs.flatten(1)
    net = one.model.net
    mean = (net(flat).softmax(1) + net(flat.flip(1)).softmax(1)) / 2
    torch.testing.assert_close(answers.outputs.softmax(1), mean)


def test_what_answers_other_questions_is_refused():
    first, other = member(), member(VALUES, seed=1)
    with pytest.raises(ConfigError) as refusal:
        check_alike(first, other, "test")
    assert str(refusal.value) == (
        "RUN m1: predicts a value, but m0 predicts 3 classes (a, b, c); "
        "an ensemble answers one question"
    )
    with pytest.raises(ConfigError, match="RUN m0: is named twice"):
        check_once([first, first])


def test_other_data_and_other_splits_are_refused():
    first, other = member(), member(seed=1)
    other.data.fingerprint = "b" * 64
    with pytest.raises(ConfigError, match="RUN m1: its data is not that of m0"):
        check_alike(first, other, "test")
    other.data.fingerprint = first.data.fingerprint
    check_alike(first, other, "test")
    first.data.fitted = {"sets": {"train": "x"}, "partition": {"seed": 0}}
    other.data.fitted = {"sets": {"train": "x"}, "partition": {"seed": 3}}
    with pytest.raises(ConfigError) as refusal:
        check_alike(first, other, "test")
    assert str(refusal.value) == (
        "RUN m1: its test split has other examples than that of m0 (data.seed is 3, not 0); "
        "train it with data.seed=0"
    )


def test_a_model_without_answers_is_not_averaged():
    one = member()
    one.model.task = None
    with pytest.raises(ConfigError) as refusal:
        check_averaging(one, "--tta")
    assert str(refusal.value) == (
        "--tta: Supervised gives no probabilities of classes and no values that could be averaged"
    )


def test_members_of_one_name_stand_apart_and_none_is_the_ensemble():
    members = [
        replace(one, source=SimpleNamespace(**vars(one.source) | {"name": name, "run_id": run_id}))
        for one, name, run_id in [
            (member(seed=0), "a", "1" * 32),
            (member(seed=1), "a", "2" * 32),
            (member(seed=2), "ensemble", None),
        ]
    ]
    found = together(members, Request("test"))
    assert list(found.beside) == ["ensemble", "a 11111111", "a 22222222", "ensemble (3)"]
    assert found.beside["ensemble"] == found.member.metrics


def test_examples_that_are_not_the_same_are_no_ensemble():
    first, other = member(), member(seed=1)
    moved = replace(other, answers=Answers(other.answers.outputs, Data().targets.flip(0)))
    with pytest.raises(ConfigError, match="their test splits hold different examples"):
        ensemble([first, moved], "test")

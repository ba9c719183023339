"""A data set in memory is checked before it is trained on."""

from __future__ import annotations

import pytest
import torch

from dlcli.data.digits import Digits, bundled, bundled_path, from_csv
from dlcli.data.examples import Examples, Source
from dlcli.data.memory import Memory
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError, DataError

SPEC = DataSpec("vector", (2,), "class", classes=("a", "b"))
INPUTS = torch.arange(40.0).reshape(20, 2)
LABELS = torch.arange(20) % 2


class Given(Memory):
    """Whatever it is given."""

    def __init__(self, inputs: torch.Tensor, targets: torch.Tensor, spec=SPEC, **options) -> None:
        super().__init__(**options)
        self.source = Source("given", spec, {"train": Examples(inputs, targets)})

    def read(self) -> Source:
        return self.source


def refusal(*arguments, **options) -> str:
    with pytest.raises(DataError) as caught:
        Given(*arguments, **options).setup()
    return str(caught.value)


def test_the_three_splits_share_out_all_examples():
    data = Given(INPUTS, LABELS)
    data.setup()
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 14, "val": 2, "test": 4}


def test_training_is_shuffled_and_augmented_and_its_evaluation_is_not():
    data = Given(INPUTS, LABELS, augment=lambda inputs, generator: inputs + 100)
    data.setup()
    assert data.train_dataloader().shuffle
    assert data.train_dataloader().augment is not None
    evaluation = data.eval_dataloader("train")
    assert (evaluation.shuffle, evaluation.augment) == (False, None)


def test_nan_and_infinity_are_refused_with_their_count():
    inputs = INPUTS.clone()
    inputs[3, 0], inputs[4, 1] = float("nan"), float("inf")
    assert refusal(inputs, LABELS) == (
        "given, train set: 2 of 40 numbers in the inputs are NaN or infinite; "
        "remove or replace them"
    )


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_without_a_class_is_refused(label):
    labels = LABELS.clone()
    labels[5] = label
    assert refusal(INPUTS, labels) == (
        f"given, train set: label {label} with 2 classes (0 to 1), in 1 examples"
    )


def test_a_class_without_examples_warns():
    with pytest.warns(UserWarning, match=r"^given, train set: no example of class b$"):
        Given(INPUTS, torch.zeros(20).long()).setup()


def test_inputs_that_do_not_fit_their_targets_or_shape_or_type_are_refused():
    assert refusal(INPUTS, LABELS[:-1]) == (
        "given, train set: 20 inputs but 19 targets; they belong together"
    )
    assert refusal(INPUTS.reshape(10, 4), LABELS[:10]) == (
        "given, train set: inputs of shape (4,), expected (2,)"
    )
    assert refusal(INPUTS.double(), LABELS) == (
        "given, train set: inputs of type float64, expected uint8, float32 or int64"
    )


def test_a_data_set_too_small_for_its_splits_is_refused():
    assert refusal(INPUTS[:4], LABELS[:4]) == (
        "the val split is empty: the data set is too small for its fractions "
        "(train 3, test 1, val 0 examples)"
    )


def test_less_than_a_batch_is_refused_only_where_it_would_be_dropped():
    Given(INPUTS, LABELS, batch_size=15).setup()
    assert refusal(INPUTS, LABELS, batch_size=15, drop_last=True) == (
        "the train split has 14 examples, fewer than one batch of 15, and data.drop_last leaves "
        "that out; lower data.batch_size or set data.drop_last=false"
    )


def test_all_arguments_out_of_range_are_refused_at_once():
    with pytest.raises(ConfigError) as caught:
        Digits(batch_size=0, val_fraction=1.5, test_fraction=0, device="gpu")
    assert caught.value.problems == [
        "data.batch_size: 0 is not positive",
        "data.val_fraction: 1.5 is not between 0 and 1",
        "data.test_fraction: 0 is not between 0 and 1",
        "data.device: 'gpu' is not one of auto, cpu",
    ]


def test_fractions_that_leave_nothing_are_refused():
    with pytest.raises(ConfigError, match=r"together 1\.1; they must leave something"):
        Digits(val_fraction=0.5, test_fraction=0.6)


def test_digits_are_scikit_learns_own():
    path = bundled_path()
    assert path is not None
    assert (from_csv(path) == bundled()).all()


def test_digits_have_1797_images_of_ten_classes():
    data = Digits(seed=0)
    data.setup()
    assert (data.spec.shape, data.spec.outputs) == ((1, 8, 8), 10)
    sizes = {name: len(data.eval_dataloader(name).inputs) for name in ("train", "val", "test")}
    assert sizes == {"train": 1258, "val": 180, "test": 359}
    assert data.fingerprint == "49bc308b62ed7c496aecabb451a8c5c4db0923722cf66558c8effc9f8de24c43"


def test_a_part_of_the_training_split_keeps_the_shares_of_the_classes():
    whole, part = (Given(INPUTS.repeat(5, 1), LABELS.repeat(5), train_size=n) for n in (None, 10))
    whole.setup()
    part.setup()
    assert part.eval_dataloader("train").targets.bincount().tolist() == [5, 5]
    for name in ("val", "test"):
        assert torch.equal(part.eval_dataloader(name).inputs, whole.eval_dataloader(name).inputs)


def test_the_seed_picks_the_part():
    parts = [Given(INPUTS, LABELS, train_size=6, seed=seed) for seed in (0, 0, 1)]
    for part in parts:
        part.setup()
    first, again, other = (part.eval_dataloader("train").inputs for part in parts)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_other_data_is_measured_on_the_scale_of_the_training():
    trained, other = Given(INPUTS, LABELS), Given(10 * INPUTS + 3, LABELS)
    trained.setup()
    other.go_by(trained.fitted)
    other.setup()
    assert (other.spec.low, other.spec.high) == (trained.spec.low, trained.spec.high)
    (ours, _), (theirs, _) = (next(iter(d.eval_dataloader("test"))) for d in (trained, other))
    scale = trained.fitted["normalize"]["scale"]
    shift = trained.fitted["normalize"]["shift"]
    raw = ours / scale + shift
    assert torch.allclose(theirs, (10 * raw + 3 - shift) * scale, rtol=1e-4)

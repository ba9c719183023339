"""Every point of a grid once, every extreme in a corner, and what exists only sometimes."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from dlcli.config.covering import MAX_POINTS, MAX_PRODUCT
from dlcli.config.space import Choice, Interval, Parameter, Point, Space, Steps, extremes
from dlcli.errors import ConfigError

MODEL = Parameter("model", Choice(("cnn", "rnn")), group=True)
CHANNELS = Parameter("channels", Choice(([8], [16])), under=(("model", ("cnn",)),))
LR = Parameter("lr", Interval(1e-4, 0.1, log=True))
EPOCHS = Parameter("epochs", Steps(1, 9, 2))


def test_a_grid_has_every_point_once_in_order():
    space = Space((MODEL, CHANNELS, Parameter("epochs", Steps(1, 3, 2))))
    assert space.grid() == [
        {"model": "cnn", "channels": [8], "epochs": 1},
        {"model": "cnn", "channels": [8], "epochs": 3},
        {"model": "cnn", "channels": [16], "epochs": 1},
        {"model": "cnn", "channels": [16], "epochs": 3},
        {"model": "rnn", "epochs": 1},
        {"model": "rnn", "epochs": 3},
    ]


def test_a_grid_over_an_interval_is_an_error():
    with pytest.raises(ConfigError) as error:
        Space((MODEL, LR)).grid()
    assert error.value.problems == [
        "search=grid: lr has no end of values from 0.0001 to 0.1; write "
        "lr='choice(0.0001, 0.000562, 0.00316, 0.0178, 0.1)', or search=random"
    ]


def test_a_grid_that_nobody_can_train_is_an_error():
    with pytest.raises(ConfigError, match="more than 100,000 points"):
        Space((Parameter("a", Steps(0, 10**12)), Parameter("b", Steps(0, 10**12)))).grid()


def test_a_parameter_is_asked_for_only_where_it_exists():
    asked = []
    space = Space((MODEL, CHANNELS, LR))

    def choose(parameter: Parameter):
        asked.append(parameter.key)
        return {"model": "rnn", "lr": 0.01}[parameter.key]

    assert space.walk(choose) == {"model": "rnn", "lr": 0.01}
    assert asked == ["model", "lr"]


def test_what_is_under_a_group_that_is_not_there_is_not_there_either():
    inner = Parameter("optimizer", Choice(("sgd",)), True, (("model", ("cnn",)),))
    momentum = Parameter("momentum", Choice((0.9,)), under=(("optimizer", ("sgd",)),))
    points = Space((MODEL, inner, momentum)).grid()
    assert points == [{"model": "cnn", "optimizer": "sgd", "momentum": 0.9}, {"model": "rnn"}]


def test_corners_are_all_combinations_of_extremes_while_they_are_few():
    assert Space((LR, EPOCHS)).corners() == [
        {"lr": 0.0001, "epochs": 1},
        {"lr": 0.0001, "epochs": 9},
        {"lr": 0.1, "epochs": 1},
        {"lr": 0.1, "epochs": 9},
    ]
    binary = [Parameter(f"k{i}", Choice((0, 1))) for i in range(7)]
    assert len(Space(tuple(binary)).corners()) == MAX_PRODUCT


def wide() -> Space:
    many = [Parameter(f"k{i}", Choice(tuple(range(4)))) for i in range(9)]
    return Space((MODEL, CHANNELS, *many, LR))


def test_many_corners_hold_every_two_extremes_together():
    space = wide()
    corners = space.corners()
    assert MAX_PRODUCT < 2**2 * 4**9
    assert len(corners) <= MAX_POINTS
    assert len({json.dumps(point) for point in corners}) == len(corners)
    met = {pair for point in corners for pair in pairs(point)}
    settings = [(p, value) for p in space.parameters for value in extremes(p.domain)]
    for (one, value), (other, another) in combinations(settings, 2):
        together = {one.key: value, other.key: another}
        if one.key != other.key and together != {"model": "rnn", "channels": another}:
            assert next(pairs(together)) in met, together


def pairs(point: Point):
    settings = [(key, json.dumps(value)) for key, value in point.items()]
    return iter([frozenset(pair) for pair in combinations(settings, 2)])


def test_every_corner_is_a_point_of_the_space():
    for point in wide().corners():
        assert ("channels" in point) == (point["model"] == "cnn")


def test_every_extreme_stands_in_a_corner_however_many_there_are():
    space = Space((Parameter("a", Choice(tuple(range(400)))), MODEL, CHANNELS))
    corners = space.corners()
    assert {point["a"] for point in corners} == set(range(400))


@pytest.mark.parametrize(
    ("steps", "values"),
    [
        (Steps(1, 9, 2), [1, 3, 5, 7, 9]),
        (Steps(0.1, 0.5, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5]),
        (Steps(-1, 1), [-1, 0, 1]),
        (Steps(0.0, 1.0, 0.25), [0.0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_steps_are_the_numbers_that_are_written(steps: Steps, values: list[float]):
    found = [steps.at(index) for index in range(steps.count)]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_a_space_goes_through_json_unchanged():
    twin = Parameter("lr", Steps(1, 2, log=True), under=(("model", ("rnn",)),), variant="rnn")
    space = Space((MODEL, CHANNELS, LR, EPOCHS, twin, Parameter("x", Choice((None, True, "a")))))
    assert Space.from_dict(json.loads(json.dumps(space.as_dict()))) == space
    assert (twin.name, LR.name) == ("lr@rnn", "lr")

"""Every sweep has figures that can be read, whatever its trials came to."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dlcli.config.space import Choice, Interval, Parameter, Space, Steps
from dlcli.search.figures import Objective, draw
from dlcli.search.figures_axis import Scale, scales, wrapped
from dlcli.search.figures_front import front
from dlcli.search.figures_history import best_so_far
from dlcli.search.figures_slices import slices
from dlcli.search.study import Trial
from tests.search.sweeps import SPACE, some, trial

LOSS = [Objective("val/loss", "min")]
BOTH = [Objective("val/acc", "max"), Objective("cost/parameters", "min")]
ALL = ("complete", "pruned", "failed")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("count", [1, 30])
def test_each_figure_has_its_numbers_beside_it(tmp_path: Path, count: int) -> None:
    draw(some(count, ALL), scales(SPACE), LOSS, {"model": 0.75, "optimizer.lr": 0.25}, [], tmp_path)
    figures = {"history", "parallel", "slices", "importances"}
    assert names(tmp_path) == {f"{one}.{kind}" for one in figures for kind in ("png", "csv")}
    for name in figures:
        with Image.open(tmp_path / f"{name}.png") as image:
            assert 600 <= image.width <= 800
            assert len(image.convert("RGB").getcolors(1 << 20) or []) > 10


@pytest.mark.parametrize("state", ["failed", "pruned"])
def test_a_sweep_without_a_complete_trial_has_its_history(tmp_path: Path, state: str) -> None:
    draw(some(12, [state]), scales(SPACE), LOSS, {}, [], tmp_path)
    assert names(tmp_path) == {"history.png", "history.csv"}


def test_a_sweep_without_a_trial_has_no_figures(tmp_path: Path) -> None:
    draw([], scales(SPACE), LOSS, {}, [], tmp_path / "figures")
    assert names(tmp_path / "figures") == set()


def test_two_objectives_have_a_front_and_a_figure_each(tmp_path: Path) -> None:
    trials = [trial(n, "complete", n / 10, 10.0 ** (8 - n % 4)) for n in range(8)]
    draw(trials, scales(SPACE), BOTH, {}, [3, 7], tmp_path)
    each = {f"{kind}_{one}" for kind in ("parallel", "slices") for one in ("val_acc", "x")}
    each = {name.replace("_x", "_cost_parameters") for name in each} | {"history", "pareto"}
    assert names(tmp_path) == {f"{one}.{kind}" for one in each for kind in ("png", "csv")}
    front = (tmp_path / "pareto.csv").read_text().splitlines()
    assert front[0] == "trial,val/acc,cost/parameters,on_front"
    assert [line.endswith(",1") for line in front[1:]] == [n in (3, 7) for n in range(8)]


@pytest.mark.parametrize(("objectives", "panels"), [(2, 1), (3, 3), (4, 6)])
def test_a_front_has_a_panel_for_each_two_objectives(objectives: int, panels: int) -> None:
    trials = [trial(n, "complete", *(n / 10 + k for k in range(objectives))) for n in range(8)]
    named = [Objective(f"val/{k}", "max") for k in range(objectives)]
    figure = front(trials, [7], named)
    shown = [panel for panel in figure.axes if panel.get_visible()]
    assert len(shown) == panels
    best = [tuple(map(float, panel.lines[0].get_xydata()[0])) for panel in shown]
    assert sorted(best) == [
        (0.7 + x, 0.7 + y) for x in range(objectives) for y in range(x + 1, objectives)
    ]


def test_the_numbers_of_a_front_stand_beside_each_other() -> None:
    trials = [trial(n, "complete", n / 10, (n % 3) / 9, (n % 4) / 9) for n in range(60)]
    close = {7: (1.0, 1.0, 1.0), 8: (1.02, 1.02, 1.02), 9: (1.2, 1.03, 1.04)}
    trials = [trial(n, "complete", *close.get(n, one.values)) for n, one in enumerate(trials)]
    figure = front(trials, list(close), [Objective(f"val/{k}", "max") for k in range(3)])
    figure.draw_without_rendering()
    for panel in figure.axes:
        boxes = [text.get_window_extent() for text in panel.texts]
        assert [box.count_overlaps(boxes) for box in boxes] == [1] * len(boxes)  # with itself


def test_three_objectives_have_a_front(tmp_path: Path) -> None:
    trials = [trial(n, "complete", n / 10, 10.0 ** (8 - n % 4), 1.0) for n in range(8)]
    draw(trials, scales(SPACE), [*BOTH, Objective("val/loss", "min")], {}, [3, 7], tmp_path)
    assert {"pareto.png", "pareto.csv", "slices_val_loss.png"} <= names(tmp_path)
    front = (tmp_path / "pareto.csv").read_text().splitlines()
    assert front[0] == "trial,val/acc,cost/parameters,val/loss,on_front"


def test_the_history_tells_the_best_so_far(tmp_path: Path) -> None:
    values = [("complete", 0.5), ("failed", None), ("complete", 0.6), ("complete", 0.4)]
    trials = [trial(n, s, *([v] if v else [])) for n, (s, v) in enumerate(values)]
    assert list(best_so_far(trials, 0, LOSS[0])) == [(0, 0.5), (2, 0.5), (3, 0.4)]
    assert list(best_so_far(trials, 0, Objective("val/acc", "max")))[-1] == (3, 0.6)
    draw(trials, [], LOSS, {}, [], tmp_path)
    assert (tmp_path / "history.csv").read_text().splitlines() == [
        "trial,state,val/loss,best/val/loss",
        "0,complete,0.5,0.5",
        "1,failed,,",
        "2,complete,0.6,0.5",
        "3,complete,0.4,0.4",
    ]


def test_a_parameter_that_a_trial_has_not_is_blank(tmp_path: Path) -> None:
    draw(some(2), scales(SPACE), LOSS, {}, [], tmp_path)
    lines = (tmp_path / "parallel.csv").read_text().splitlines()
    assert lines[0] == "trial,model,optimizer.lr,model.layers,val/loss"
    assert [line.split(",")[3] for line in lines[1:]] == ["", "2"]


def test_values_of_every_kind_are_drawn(tmp_path: Path) -> None:
    space = Space(
        (
            Parameter("a", Choice((None, True, "a" * 60, [1, 2], {"b": 1}))),
            Parameter("b" * 80, Choice((32, 8, 128))),
            Parameter("fixed", Interval(0.5, 0.5)),
            Parameter("narrow", Steps(1, 3, log=True)),
        )
    )
    options = (None, True, "a" * 60, [1, 2], {"b": 1})
    trials = [
        Trial(
            n,
            "complete",
            {"a": options[n % 5], "b" * 80: 8, "fixed": 0.5, "narrow": 2},
            (v,),
            "",
            1,
        )
        for n, v in enumerate([1e-9, 1e9, 0.0, -5.0, 1.0])
    ]
    draw(trials, scales(space), LOSS, {"a": 1.0}, [], tmp_path)
    assert len(names(tmp_path)) == 8


def test_figures_of_before_are_replaced(tmp_path: Path) -> None:
    draw(some(2), scales(SPACE), LOSS, {}, [], tmp_path)
    before = (tmp_path / "history.png").read_bytes()
    draw(some(9), scales(SPACE), LOSS, {}, [], tmp_path)
    assert (tmp_path / "history.png").read_bytes() != before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_scale_places_values_as_they_were_searched() -> None:
    model, lr, layers = scales(SPACE)
    assert (model.place("cnn"), model.place("rnn")) == (0.0, 1.0)
    assert lr.place(10**-2.5) == pytest.approx(0.5)
    assert [text for _, text in lr.ticks()] == ["0.0001", "0.001", "0.01", "0.1"]
    assert [text for _, text in layers.ticks()] == ["1", "2", "3", "4"]
    assert [text for _, text in Scale("batch", 0, 2, options=("8", "32", "128")).ticks()] == [
        "8",
        "32",
        "128",
    ]


def test_no_two_ticks_read_alike() -> None:
    ends = [text for _, text in Scale("lr", 0.0012, 0.00120004).ticks()]
    assert (ends[0], ends[-1], len(set(ends))) == ("0.0012", "0.00120004", len(ends))
    assert [text for _, text in Scale("loss", 1e6, 1e6 + 1).ticks()][::4] == ["1000000", "1000001"]
    widths = Scale("widths", 0, 2, options=("[128, 128, 128]", "[128, 128, 64]", "[128, 128, 32]"))
    assert [text for _, text in widths.ticks(8)] == ["[128…28]", "[128…64]", "[128…32]"]
    alike = Scale("a", 0, 1, options=("a" * 30, "a" * 31))
    assert [text for _, text in alike.ticks()] == ["0: aaaaaaaaaa…", "1: aaaaaaaaaa…"]


def test_one_key_with_two_domains_has_one_scale() -> None:
    under = [(("model", (name,)),) for name in ("cnn", "rnn")]
    space = Space(
        (
            Parameter("layers", Steps(1, 4), under=under[0], variant="0"),
            Parameter("layers", Steps(3, 9), under=under[1], variant="1"),
        )
    )
    (scale,) = scales(space)
    assert (scale.low, scale.high, scale.whole) == (1, 9, True)


def test_long_names_are_broken_where_they_can_be() -> None:
    assert wrapped("model.net.hidden_channels") == "model.net.hidden_\nchannels"


def test_no_empty_panel_is_shown() -> None:
    figure = slices(some(12, ["complete"]), scales(SPACE), 0, LOSS[0])
    assert [panel.get_visible() for panel in figure.axes] == [True, True, True, False]

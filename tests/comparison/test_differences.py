"""Of the parameters that differ those are shown that say something of their own."""

from __future__ import annotations

from dlcli.comparison.differences import differences, everything, shown, value

MLP = {
    "model": "mlp",
    "model.net._target_": "dlcli.nets.MLP",
    "model.net.widths": "[8]",
    "optimizer.lr": "0.1",
}
LINEAR = {"model": "linear", "model.net._target_": "dlcli.nets.Linear", "optimizer.lr": "0.1"}


def test_what_is_the_same_everywhere_is_not_shown():
    assert differences([MLP, MLP]).names == []


def test_what_a_group_s_option_decides_follows_from_it():
    found = differences([MLP, LINEAR])
    assert (found.names, found.following) == (["model"], {"model": 2})
    assert found.left_out == "2 that follow from model"


def test_what_differs_under_the_same_option_is_shown():
    wide = MLP | {"model.net.widths": "[16]"}
    assert differences([MLP, wide, LINEAR]).names == ["model", "model.net.widths"]


def test_what_was_given_on_the_command_line_is_shown():
    found = differences([MLP, LINEAR], typed={"model.net.widths"})
    assert found.names == ["model", "model.net.widths"]


def test_what_repeats_another_parameter_follows_from_it():
    rows = [{"trainer.max_epochs": n, "scheduler.epochs": n} for n in ("5", "9")]
    found = differences(rows)
    assert (found.names, found.following) == (["trainer.max_epochs"], {"trainer.max_epochs": 1})
    assert differences(rows, typed={"scheduler.epochs"}).names == ["scheduler.epochs"]


def test_a_part_that_is_there_or_not_is_one_column():
    stopping = {
        "callbacks.early_stopping._target_": "dlcli.EarlyStopping",
        "callbacks.early_stopping.patience": "10",
    }
    found = differences([stopping, {"seed": "0"}, {"seed": "0"}])
    assert found.names == ["callbacks.early_stopping", "seed"]
    assert [value(row, found.names[0]) for row in (stopping, {})] == ["EarlyStopping", ""]


def test_bookkeeping_is_named_and_left_out():
    found = differences([{"tracking.uri": "a", "x": "1"}, {"tracking.uri": "b", "x": "2"}])
    assert (found.names, found.left_out) == (["x"], "tracking.uri (no part in the result)")


def test_the_file_of_the_same_data_is_left_out():
    rows = [{"data.path": "/a.csv"}, {"data.path": "/b.csv"}]
    assert differences(rows, same_data=True).names == []
    assert differences(rows, same_data=False).names == ["data.path"]


def test_runs_of_which_nothing_is_recorded_make_no_difference():
    assert differences([MLP, {}, MLP]).names == []


def test_everything_is_all_that_differs():
    rows = [MLP | {"tracking.uri": "a"}, LINEAR]
    names = ["model", "model.net._target_", "model.net.widths", "tracking.uri"]
    assert everything(rows).names == names


def test_a_number_is_shown_with_four_digits_and_a_long_text_cut():
    row = {"lr": "0.058487716602891204", "n": "1e-05", "many": "12345678", "text": "a" * 50}
    assert [shown(row, name) for name in row] == ["0.05849", "1e-05", "12345678", "a" * 39 + "…"]

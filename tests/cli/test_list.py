"""``dlcli list``: every option with one line, from the configuration files alone."""

from __future__ import annotations

from pathlib import Path

from dlcli.cli.list import print_group


def test_all_groups_are_listed(dlcli):
    groups = dlcli("list", "--json").json["groups"]
    assert {"model", "data", "optimizer", "scheduler", "trainer", "tracking"} <= set(groups)
    assert {"name": "adam", "description": "Adam (Kingma & Ba 2015)."} in groups["optimizer"]


def test_every_option_is_described(dlcli):
    groups = dlcli("list", "--json").json["groups"]
    silent = [
        f"{group}={option['name']}"
        for group, options in groups.items()
        for option in options
        if not option["description"]
    ]
    assert silent == []


def test_one_group_is_listed(dlcli):
    done = dlcli("list", "tracking")
    assert done.stdout.splitlines() == [
        "tracking=",
        "  mlflow  Record runs in MLflow: SQLite under mlruns/, or any tracking URI.",
        "  none    Record nothing but the run's own folder under mlruns/runs/.",
    ]


def test_an_unknown_group_is_refused_with_the_nearest(dlcli):
    done = dlcli("list", "optimiser")
    assert done.status == 2
    assert done.stderr.startswith(
        "error: list optimiser: unknown group; did you mean optimizer?; groups: callbacks, data,"
    )


def test_a_users_own_options_are_listed(dlcli, folder: Path):
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "model" / "mine.yaml").write_text("# My own net.\nwidth: 3\n")
    done = dlcli("list", "model", "--config-dir", "conf", "--json")
    assert {"name": "mine", "description": "My own net."} in done.json["groups"]["model"]


def test_long_lines_are_wrapped_under_their_beginning(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "34")
    print_group("model", [("cnn", "Small convolutional network with a head.")])
    assert capsys.readouterr().out.splitlines() == [
        "model=",
        "  cnn  Small convolutional network",
        "       with a head.",
    ]

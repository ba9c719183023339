"""``--print-config`` is YAML that says where each value comes from, and hides secrets."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from dlcli.config.compose import Config
from dlcli.config.show import show

CONFIG = Config(
    values={"seed": 0, "lr": 1e-05, "db": {"password": "hunter22", "url": "a://u:p@h"}, "n": []},
    origins={"seed": "conf/train.yaml", "lr": "override lr=1e-5", "db.password": "mine/x.yaml"},
    overrides=("lr=1e-5",),
    choices={},
    allow=(),
)


def test_each_value_has_its_origin_and_no_secret_is_shown() -> None:
    assert show(CONFIG).splitlines()[:4] == [
        "seed: 0             # conf/train.yaml",
        "lr: 1.0e-05         # override lr=1e-5",
        "db:",
        '  password: "***"   # mine/x.yaml',
    ]
    assert "hunter22" not in show(CONFIG)


def test_it_reads_back_as_the_same_values(train: Callable[..., Config]) -> None:
    config = train("optimizer.lr=1e-5", "experiment=lenet5_mnist")
    assert yaml.safe_load(show(config)) == config.values

"""What a configuration says by referring to another key survives being written out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from dlcli.config.compose import compose
from dlcli.config.recorded import from_file
from dlcli.config.references import written
from dlcli.errors import ConfigError

BROKEN = {"_target_": "dlcli.tracking.settings.MLflow", "experiment": "a\nb"}


def test_what_repeats_another_value_is_known_with_its_text() -> None:
    config = compose("train", ["data=digits", "scheduler=cosine"])
    assert config.references["scheduler.epochs"] == "${trainer.max_epochs}"
    assert config.references["data.seed"] == "${seed}"
    assert config.values["scheduler"]["epochs"] == 20


def test_an_override_of_it_ends_the_reference() -> None:
    config = compose("train", ["scheduler=cosine", "scheduler.epochs=5"])
    assert "scheduler.epochs" not in config.references


def test_a_written_configuration_still_follows_a_change(tmp_path: Path) -> None:
    config = compose("train", ["scheduler=cosine"])
    file = tmp_path / "best.yaml"
    file.write_text(yaml.safe_dump(written(config.values, config.references)))
    again = from_file(file, ["trainer.max_epochs=6", "seed=3"])
    assert again.values["scheduler"]["epochs"] == 6
    assert again.values["data"]["seed"] == 3


def test_a_runs_configuration_follows_a_change_by_what_lies_beside_it(tmp_path: Path) -> None:
    config = compose("train", ["scheduler=cosine"])
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config.values))
    about = {"choices": {}, "references": config.references}
    (tmp_path / "origins.json").write_text(json.dumps(about))
    again = from_file(tmp_path / "config.yaml", ["trainer.max_epochs=6"])
    assert again.values["scheduler"]["epochs"] == 6


def test_a_store_that_no_override_can_name_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(compose("train", []).values | {"tracking": BROKEN}))
    with pytest.raises(ConfigError, match=r"^tracking.experiment: a line break"):
        from_file(file, [])


def test_a_reference_to_what_is_not_there_is_left_out() -> None:
    assert written({"a": 1}, {"a": "${b}", "c": "${a}"}) == {"a": 1}

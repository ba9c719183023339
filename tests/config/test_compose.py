"""What a composed configuration holds, and where it came from."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.config.compose import Config, compose
from dlcli.config.folders import packaged
from dlcli.config.interpolate import Interpolation
from dlcli.config.recorded import from_values
from dlcli.config.tree import SWEEP_GROUPS
from dlcli.errors import ConfigError

Train = Callable[..., Config]
EXAMPLES = [
    [],
    ["optimizer=sgd", "optimizer.lr=0.2"],
    ["callbacks=[default,timer]", "~callbacks.early_stopping"],
    ["model=cnn/lenet5", "+trainer.limit_train_batches=5", "scheduler=cosine"],
    ["model.net.channels=[8]", "optimizer.betas=[0.5,0.9]", "data.augment={shift:1}"],
]


@pytest.mark.parametrize("overrides", EXAMPLES, ids=" ".join)
def test_the_values_are_those_of_hydras_own_compose(overrides: list[str], train: Train) -> None:
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from omegaconf import OmegaConf

    with initialize_config_dir(str(packaged()), version_base="1.3"):
        expected = OmegaConf.to_container(hydra_compose("train", overrides), resolve=True)
    expected.pop("experiment", None)
    assert train(*overrides).values == expected


def test_an_argument_that_no_file_writes_needs_no_plus(train: Train) -> None:
    plain = train("trainer.limit_train_batches=5").values
    assert plain["trainer"]["limit_train_batches"] == 5
    assert plain == train("+trainer.limit_train_batches=5").values


def every_option() -> dict[str, list[str]]:
    """The overrides that choose the options of each group."""
    from dlcli.config.catalogue import groups, options

    found: dict[str, list[str]] = {}
    for group in sorted(set(groups()) - set(SWEEP_GROUPS)):
        for option, description in options(group):
            assert description, (group, option)
            value = f"[default,{option}]" if group == "callbacks" else option
            found.setdefault(group, []).append(f"{group}={value}")
    return found


def test_every_option_composes(train: Train) -> None:
    found = every_option()
    experiments = found.pop("experiment")
    for overrides in [*itertools.zip_longest(*found.values()), *zip(experiments, strict=True)]:
        given = [override for override in overrides if override]
        assert problems(train, *given) == [], given


@pytest.mark.slow
def test_every_option_composes_alone(train: Train) -> None:
    for override in itertools.chain(*every_option().values()):
        assert problems(train, override) == [], override


def problems(train: Train, *overrides: str) -> list[str]:
    """What is wrong with options, but for the user's own files, which the user has to name."""
    try:
        train(*overrides)
    except ConfigError as error:
        return [problem for problem in error.problems if "missing; give it" not in problem]
    return []


def test_origins_name_file_choice_and_override(train: Train) -> None:
    config = train("optimizer=sgd", "optimizer.lr=0.2")
    assert config.origins["optimizer.momentum"] == "conf/optimizer/sgd.yaml (optimizer=sgd)"
    assert config.origins["optimizer.lr"] == "override optimizer.lr=0.2"
    assert config.origins["data.seed"] == "conf/data/_memory.yaml"
    assert config.choices["optimizer"] == "sgd"


def test_an_experiment_writes_over_the_groups_it_chooses(
    write: Callable[..., Path], train: Train
) -> None:
    content = "# How to run it.\n# @package _global_\ndefaults:\n  - override /model: cnn/lenet5\n"
    write({"mine/experiment/e.yaml": content + "trainer:\n  max_epochs: 7\n"})
    config = train("experiment=e", config_dir="mine")
    assert config.choices["model"] == "cnn/lenet5"
    assert config.values["trainer"]["max_epochs"] == 7
    assert config.origins["trainer.max_epochs"] == "mine/experiment/e.yaml (experiment=e)"


def test_a_folder_of_ones_own_hides_and_adds(write: Callable[..., Path], train: Train) -> None:
    write(
        {
            "pyproject.toml": '[tool.dlcli]\nconfig_dir = "mine"\n',
            "mine/optimizer/adam.yaml": "_target_: torch.optim.Adam\n_partial_: true\nlr: 0.5\n",
            "mine/optimizer/lion.yaml": "defaults: [sgd]\nlr: 0.25\n",
        }
    )
    assert train().values["optimizer"]["lr"] == 0.5
    config = train("optimizer=lion")
    assert config.values["optimizer"]["momentum"] == 0.0
    assert config.origins["optimizer.lr"] == "mine/optimizer/lion.yaml (optimizer=lion)"


def test_hydras_allowlist_in_the_environment_is_ignored_and_told(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE", "os.system")
    assert len(train().warnings) == 1
    assert "HYDRA_INSTANTIATE_ALLOWLIST_OVERRIDE" not in os.environ


@pytest.mark.parametrize("name", ["SOME_TOKEN", "'SOME_TOKEN'", '"SOME_TOKEN"', " SOME_TOKEN"])
def test_a_secret_of_the_environment_is_known_however_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "canary-4711")
    interpolation = Interpolation()
    assert interpolation.resolve({"note": f"${{oc.env:{name}}}"}) == {"note": "canary-4711"}
    assert interpolation.secrets == ["canary-4711"]


def test_every_secret_in_a_recorded_list_has_to_be_given_again() -> None:
    values = compose("train", ["data=digits"]).values
    values["data"]["api_keys"] = {"secret": ["***", "***"]}
    with pytest.raises(ConfigError) as refusal:
        from_values(values, [])
    assert "data.api_keys.secret.1: a secret, which is not recorded" in str(refusal.value)


def test_a_secret_of_the_environment_is_in_no_message(
    refused: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "canary-4711")
    assert refused("optimizer.lr=${oc.env:SOME_TOKEN}") == [
        "override optimizer.lr=${oc.env:SOME_TOKEN}: expected a number; got '***'"
    ]


def test_nothing_is_created(train: Train, folder: Path) -> None:
    train()
    assert list(folder.iterdir()) == []


def test_a_home_that_cannot_be_written_is_no_error(
    train: Train, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "file"))
    assert train().values["seed"] == 0


IMPORTS = """
import sys
from dlcli.config.compose import compose
import dlcli.config.catalogue, dlcli.config.show, dlcli.config.redact
heavy = {"torch", "pytorch_lightning", "mlflow", "optuna", "pandas", "torchmetrics"}
early = heavy | {"hydra", "omegaconf", "yaml"}
assert not early & set(sys.modules), early & set(sys.modules)
dlcli.config.catalogue.options("model")
assert not early & set(sys.modules), early & set(sys.modules)
compose("train", ["optimizer.lr=0.1"])
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_composing_imports_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=60)


def test_a_config_dir_given_wins_over_the_projects(write: Callable[..., Path]) -> None:
    write(
        {
            "pyproject.toml": '[tool.dlcli]\nconfig_dir = "a"\n',
            "a/train.yaml": "seed: 1\n",
            "b/trainer/auto.yaml": "_target_: pytorch_lightning.Trainer\nmax_epochs: 7\n",
        }
    )
    assert compose("train", [], Path("b")).values["trainer"]["max_epochs"] == 7

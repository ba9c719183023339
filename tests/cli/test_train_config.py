"""``dlcli train --config FILE``: a new run of a configuration that is written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dlcli.config.compose import Config, compose
from dlcli.config.show import show
from dlcli.config.store import tracking_settings
from tests.cli.refusing import content
from tests.conftest import Trained, run_command


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    """The configurations that trainings were started with; none is trained."""
    configs: list[Config] = []

    def run_training(config: Config, name: str | None, quiet: bool) -> None:
        configs.append(config)

    monkeypatch.setattr("dlcli.cli.running.run_training", run_training)
    return configs


@pytest.fixture
def best(folder: Path) -> Path:
    """A configuration as a run or a sweep writes it."""
    values = compose("train", ["model=mlp", "optimizer.lr=0.0025"]).values
    file = folder / "best.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return file


def test_a_file_is_the_whole_configuration(dlcli, best: Path, started: list[Config]):
    assert dlcli("train", "--config", "best.yaml").status == 0
    assert started[0].values == compose("train", ["model=mlp", "optimizer.lr=0.0025"]).values
    assert started[0].origins["optimizer.lr"] == "best.yaml"


def test_single_values_may_be_changed(dlcli, best: Path, started: list[Config]):
    dlcli("train", "--config", "best.yaml", "optimizer.lr=0.5", "seed=3")
    values = started[0].values
    assert (values["optimizer"]["lr"], values["seed"]) == (0.5, 3)
    assert started[0].overrides == ("optimizer.lr=0.5", "seed=3")


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ([], ()),
        (["tracking.experiment=my course"], ("tracking.experiment='my course'",)),
        (["tracking.uri=sqlite:///a.db"], ("tracking.uri='sqlite:///a.db'",)),
        (["tracking=none"], ("tracking=none",)),
    ],
)
def test_a_store_that_the_file_names_is_told_to_who_goes_on(
    dlcli, folder: Path, started: list[Config], store: list[str], said: tuple[str, ...]
):
    (folder / "mine.yaml").write_text(show(compose("train", ["model=mlp", *store])))
    dlcli("train", "--config", "mine.yaml")
    assert started[0].overrides == said
    assert tracking_settings(said) == tracking_settings(store)


def test_what_print_config_printed_can_be_trained(dlcli, folder: Path, started: list[Config]):
    config = compose("train", ["scheduler=one_cycle", "optimizer.eps=1e-9"])
    (folder / "mine.yaml").write_text(show(config))
    dlcli("train", "--config", "mine.yaml")
    assert started[0].values == config.values


def test_a_value_of_the_file_may_refer_to_another(dlcli, best: Path, started: list[Config]):
    values = yaml.safe_load(best.read_text())
    values["scheduler"]["epochs"] = "${trainer.max_epochs}"
    best.write_text(yaml.safe_dump(values))
    dlcli("train", "--config", "best.yaml", "trainer.max_epochs=7")
    assert started[0].values["scheduler"]["epochs"] == 7


def changed(best: Path, change: dict[str, Any]) -> None:
    best.write_text(yaml.safe_dump(yaml.safe_load(best.read_text()) | change))


REFUSED = [
    (["--config", "nope.yaml"], {}, "nope.yaml: cannot be read: No such file or directory"),
    (["--config", "."], {}, ".: a folder; name the file in it, as config.yaml"),
    (
        ["--config", "best.yaml", "model=cnn"],
        {},
        "override model=cnn: best.yaml holds the whole model; change single values of it, "
        "or leave --config out",
    ),
    (
        ["--config", "best.yaml", "optimizer.lrr=1"],
        {},
        "override optimizer.lrr=1: unknown key; did you mean optimizer.lr?",
    ),
    (
        ["--config", "best.yaml"],
        {"seed": -1},
        "best.yaml: seed: must be at least 0 and at most 4294967295; got -1",
    ),
    (["--config", "best.yaml"], {"sed": 1}, "best.yaml: sed: unknown key; did you mean seed?"),
    (
        ["--config", "best.yaml"],
        {"monitor": "${nope}"},
        "best.yaml: monitor: ${nope} leads nowhere: there is no nope",
    ),
    (
        ["--config", "best.yaml", "--config-dir", "mine"],
        {},
        "--config-dir: best.yaml is a whole configuration already; leave it out",
    ),
    (
        ["--config", "best.yaml", "--resume", "latest"],
        {},
        "--config: a resumed run keeps its name and configuration; leave it out",
    ),
]


@pytest.mark.parametrize(("arguments", "change", "message"), REFUSED)
def test_a_file_that_cannot_be_trained_is_refused(
    arguments: list[str], change: dict[str, Any], message: str, dlcli, best: Path, folder: Path
):
    changed(best, change)
    before = list(content(folder))
    done = dlcli("train", *arguments)
    assert (done.status, done.stderr) == (2, f"error: {message}\n")
    assert list(content(folder)) == before


BROKEN = [
    ("a: [1", "mine.yaml:2: not valid YAML: did not find expected ',' or ']'"),
    (
        "seed: 1",
        "mine.yaml: no whole configuration, it lacks data, model, optimizer, scheduler, init, "
        "regularizer, trainer, tracking; name a run's config.yaml, or what dlcli train "
        "--print-config printed",
    ),
    ("- 1", "mine.yaml:1: expected keys and values, got [1]"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_file_is_refused(text: str, message: str, dlcli, folder: Path):
    (folder / "mine.yaml").write_text(text)
    done = dlcli("train", "--config", "mine.yaml")
    assert (done.status, done.stderr) == (2, f"error: {message}\n")
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]


@pytest.mark.slow
def test_a_runs_configuration_trains_another_run(trained: Trained, folder: Path):
    recorded = next(trained.folder.glob("mlruns/**/config.yaml"))
    done = run_command(folder, "train", "--config", str(recorded), "trainer.max_epochs=1", "--json")
    assert done.status == 0, done.stderr
    assert done.json["status"] == "FINISHED"
    assert done.json["run_id"] != trained.result["run_id"]

"""A recorded model in a notebook answers as it did when it was tested."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import dlcli
from dlcli.errors import ConfigError
from tests.conftest import Trained


@pytest.fixture
def here(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.chdir(trained.folder)
    return trained


def test_the_model_is_as_accurate_as_its_run_says(here: Trained) -> None:
    before = torch.get_rng_state()
    found = dlcli.load("best:test/acc")
    assert torch.equal(torch.get_rng_state(), before)
    right = total = 0
    for inputs, target in found.data.eval_dataloader("test"):
        right += int((found.model(inputs).argmax(1) == target).sum())
        total += len(target)
    assert total == 359
    assert right / total == pytest.approx(here.result["metrics"]["test/acc"], abs=1e-6)


def test_it_comes_frozen_with_its_config_and_its_record(here: Trained) -> None:
    found = dlcli.load("first")
    assert not found.model.training
    assert not any(weight.requires_grad for weight in found.model.parameters())
    assert type(found.config) is dict
    assert found.config["trainer"]["max_epochs"] == 2
    assert found.spec.shape == (1, 8, 8)
    assert found.run is not None
    assert (found.run.name, found.run.id) == ("first", here.result["run_id"])
    assert found.checkpoint == Path(here.result["checkpoint"]["best"])


def test_a_checkpoint_file_needs_no_run(here: Trained, tmp_path: Path) -> None:
    file = tmp_path / "kept.ckpt"
    file.write_bytes(Path(here.result["checkpoint"]["best"]).read_bytes())
    found = dlcli.load(str(file))
    assert (found.run, found.checkpoint) == (None, file)


def test_a_device_that_is_not_there_is_refused(here: Trained) -> None:
    with pytest.raises(ConfigError, match=r"^device 'nowhere': .*; the CPU is 'cpu'$"):
        dlcli.load("first", device="nowhere")


def test_a_run_that_is_not_there_is_refused(here: Trained) -> None:
    with pytest.raises(ConfigError, match=r"^RUN 'frist': no such run"):
        dlcli.load("frist")

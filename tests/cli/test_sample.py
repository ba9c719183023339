"""``dlcli sample`` writes text with a recorded model, whose own text need not be there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dlcli.config.compose import compose
from dlcli.training.experiment import build_data, build_model
from tests.conftest import Trained
from tests.data.test_text import write_tiny


def write_checkpoint(folder: Path, *overrides: str, **changes) -> Path:
    """A checkpoint as a run writes it, of a net that has learned nothing."""
    config = compose("train", ["model=rnn", "model.net.hidden=8", *overrides])
    data, spec = build_data(config.values["data"], config.allow)
    torch.manual_seed(0)
    model = build_model(config.values, spec, config.allow)
    own = {"config": config.values, "fitted": data.fitted, **changes}
    path = folder / "best.ckpt"
    torch.save({"state_dict": model.state_dict(), "dlcli": own}, path)
    return path


@pytest.fixture
def checkpoint(folder: Path) -> Path:
    text = write_tiny(folder)
    path = write_checkpoint(folder, "data=text", f"data.path={text}", "data.block=16")
    text.unlink()
    return path


def test_text_is_written_behind_the_prompt(dlcli, checkpoint, folder):
    done = dlcli("sample", str(checkpoint), "--prompt", "abc", "--length", "20")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith("abc")
    assert len(done.stdout) == 3 + 20 + len("\n")
    assert [path.name for path in folder.iterdir()] == ["best.ckpt"]


def test_json_holds_the_text_and_how_it_came_about(dlcli, checkpoint):
    arguments = ("--length", "5", "--temperature", "0.5", "--top-k", "3", "--seed", "7", "--json")
    done = dlcli("sample", str(checkpoint), "--prompt", "abc", *arguments)
    text = done.json.pop("text")
    assert text.startswith("abc")
    assert len(text) == 8
    assert done.json | {"text": ""} == {
        "source_run_id": None,
        "prompt": "abc",
        "text": "",
        "length": 5,
        "temperature": 0.5,
        "top_k": 3,
        "seed": 7,
    }
    again = dlcli("sample", str(checkpoint), "--prompt", "abc", *arguments)
    assert again.json["text"] == text


def test_what_of_a_prompt_is_unknown_is_named(dlcli, checkpoint):
    done = dlcli("sample", str(checkpoint), "--prompt", "aXbY", "--length", "1")
    assert (done.status, done.stderr) == (
        0,
        "warning: --prompt: the model does not know 'X', 'Y'; it reads <unk> there\n",
    )


def test_what_is_out_of_range_is_refused(dlcli, checkpoint):
    done = dlcli("sample", str(checkpoint), "--length", "0", "--temperature", "-1")
    assert (done.status, done.stderr) == (
        2,
        "error: --length: 0 is not positive\n"
        "--temperature: -1.0; it must be 0 (the likeliest token) or above\n",
    )


def test_a_model_of_other_data_is_refused(dlcli, trained: Trained, trained_copy, monkeypatch):
    monkeypatch.chdir(trained_copy)
    done = dlcli("sample", "first", "--json")
    message = (
        "RUN first: is no language model; it was trained on Digits, and only a model of a text "
        "writes one: dlcli train data=text data.path=FILE model=rnn/char_lstm"
    )
    assert (done.status, done.stderr) == (2, f"error: {message}\n")
    assert done.json == {"error": {"kind": "config", "message": message}, "status": 2}


def test_a_checkpoint_without_its_vocabulary_is_refused(dlcli, folder):
    text = write_tiny(folder)
    path = write_checkpoint(folder, "data=text", f"data.path={text}", fitted={})
    done = dlcli("sample", str(path))
    assert (done.status, done.stderr) == (
        5,
        f"error: {path}: holds no vocabulary, so what its tokens mean is not known; "
        "train it again\n",
    )


def test_a_run_that_is_not_there_is_refused(dlcli, folder):
    done = dlcli("sample", "latest")
    assert (done.status, done.stderr) == (
        2,
        "error: RUN 'latest': no runs are recorded here; start one: dlcli train\n",
    )
    assert list(folder.iterdir()) == []

"""``dlcli train`` from outside."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from dlcli.cli.train import print_result
from tests.conftest import Trained


def test_json_says_what_was_trained(trained: Trained):
    result = trained.result
    assert set(result) == {
        "run_id",
        "run_name",
        "status",
        "metrics",
        "checkpoint",
        "duration_s",
    }
    assert (result["run_name"], result["status"]) == ("first", "FINISHED")
    quantities = ("acc", "error", "f1", "loss", "precision", "recall")
    assert set(result["metrics"]) == {f"{s}/{q}" for s in ("test", "val") for q in quantities}
    assert result["metrics"]["test/acc"] > 0.5


def test_progress_without_a_terminal_is_plain_lines(trained: Trained):
    assert "\x1b" not in trained.stderr
    assert "\r" not in trained.stderr


def test_a_person_is_told_how_to_go_on(folder: Path, capsys: pytest.CaptureFixture[str]):
    result = SimpleNamespace(
        run_id="ab12",
        run_name="first",
        metrics={"test/acc": 0.98126},
        best=folder / "mlruns" / "best.ckpt",
        last=None,
        duration_s=3.14,
        delivered=True,
    )
    print_result(result)
    assert capsys.readouterr().out.splitlines() == [
        "metric    best checkpoint",
        "test/acc           0.9813",
        "run         first (ab12)",
        "checkpoint  mlruns/best.ckpt",
        "duration    3.1 s",
        "",
        "to go on:",
        "  dlcli evaluate first",
        "  dlcli ui",
    ]


def test_print_config_starts_nothing(dlcli, folder):
    done = dlcli("train", "model=mlp", "--print-config")
    assert done.status == 0
    assert "widths:" in done.stdout
    assert list(folder.iterdir()) == []


def test_a_printed_configuration_is_one_object_for_programs(dlcli, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "canary-4711")
    words = ("model=mlp", "tracking.experiment=${oc.env:SOME_TOKEN}")
    done = dlcli("train", *words, "--print-config", "--json")
    assert (done.status, len(done.stdout.splitlines())) == (0, 1)
    assert done.json["config"]["model"]["_target_"].startswith("dlcli.models.")
    assert "canary-4711" not in done.stdout


def test_an_empty_run_is_refused(dlcli, folder):
    done = dlcli("train", "--resume", "", "tracking=none")
    assert (done.status, list(folder.iterdir())) == (2, [])


def test_a_refusal_creates_nothing(dlcli, folder):
    done = dlcli("train", "modl=cnn", "--json")
    assert (done.status, done.json["status"], done.json["error"]["kind"]) == (2, 2, "config")
    assert list(folder.iterdir()) == []


def test_resume_refuses_what_would_be_another_run(dlcli):
    done = dlcli("train", "--resume", "latest", "model=mlp")
    assert done.status == 2
    assert done.stderr.startswith("error: override model=mlp: would make it another run")

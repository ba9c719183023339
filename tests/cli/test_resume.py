"""A run that cannot go on as it was is refused, and stays as it is."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from dlcli.tracking.folder import RunFolder
from dlcli.training.stopping import SIGNALS
from tests.cli.refusing import Answer, content, run
from tests.data.idx_files import write_set

BASE = ("model=linear", "trainer=cpu", "trainer.max_epochs=1", "scheduler=none")
EXACTLY = "so the run cannot go on as if it had never stopped; start a new one"
LONGER = ("trainer.max_epochs=2", "tracking=none")


class Canary:
    """What is unpickled only by those who run code."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.system, ("touch canary",)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DLCLI_RUN_ARTIFACTS", "")
    monkeypatch.delenv("DLCLI_RUN_ARTIFACTS")
    monkeypatch.setattr(sys, "argv", ["dlcli"])
    monkeypatch.chdir(tmp_path)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield tmp_path
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def checkpoints(folder: Path) -> Path:
    """The checkpoints of a run that was trained for one epoch."""
    write_set(folder / "idx")
    data = ("data=mnist", "data.root=idx", "tracking=none")
    assert run(["train", "--quiet", "--name", "first", *BASE, *data], folder).status == 0
    (run_folder,) = (folder / "mlruns/runs").iterdir()
    return run_folder / "artifacts/checkpoints"


@pytest.fixture
def resume(folder: Path) -> Callable[..., Answer]:
    return lambda: run(["train", "--json", "--quiet", "--resume", "first", *LONGER], folder)


def check(answer: Answer, status: int, kind: str) -> None:
    told = json.loads(answer.output.splitlines()[-1])
    assert (told["error"]["kind"], told["status"]) == (kind, status)
    assert answer.status == status
    assert answer.created == ()
    assert not Path("canary").exists()


def replace(checkpoints: Path, change: Callable[[Path], None]) -> None:
    """Change every checkpoint, and have the manifest vouch for what there is now."""
    path = checkpoints / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["checkpoints"].values():
        file = checkpoints / entry["file"]
        change(file)
        entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest))


def test_data_that_has_changed_is_refused(
    folder: Path, checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    path = folder / "idx/train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    answer = resume()
    check(answer, 3, "data")
    assert answer.error.startswith("error: data: it has changed since the run started (fingerprint")


def test_checkpoints_that_are_damaged_are_refused(
    checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    for path in checkpoints.glob("*.ckpt"):
        content = path.read_bytes()
        path.write_bytes(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])
    answer = resume()
    check(answer, 5, "checkpoint")
    assert answer.error.endswith(
        "is damaged (its sha256 is not the manifest's); no intact checkpoint is left"
    )


def test_checkpoints_that_are_gone_are_refused(
    checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    for path in checkpoints.glob("*.ckpt"):
        path.unlink()
    answer = resume()
    check(answer, 5, "checkpoint")
    assert answer.error.endswith("ckpt: is missing; no intact checkpoint is left")


def test_a_damaged_manifest_is_refused(checkpoints: Path, resume: Callable[[], Answer]) -> None:
    (checkpoints / "manifest.json").write_text('{"format": 1')
    answer = resume()
    check(answer, 5, "checkpoint")
    assert "manifest.json: damaged (" in answer.error


def test_a_manifest_of_a_newer_version_is_refused(
    checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    (checkpoints / "manifest.json").write_text('{"format": 99, "checkpoints": {}}')
    answer = resume()
    check(answer, 5, "checkpoint")
    assert answer.error.endswith("manifest.json: written by a newer dlcli; update dlcli")


def test_a_pickle_that_runs_code_is_refused(
    checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    replace(checkpoints, lambda path: torch.save({"state_dict": Canary()}, path))
    answer = resume()
    check(answer, 5, "checkpoint")
    assert "ckpt: not a checkpoint that dlcli can trust (" in answer.error


OTHERS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another model": (
        lambda checkpoint: checkpoint["state_dict"].update(other=torch.zeros(1)),
        "of another model: other is not in the model",
    ),
    "another shape": (
        lambda checkpoint: checkpoint["state_dict"].update({"net.head.bias": torch.zeros(3)}),
        "of another model: net.head.bias has shape (3,), the model's (10,)",
    ),
    "no optimizer": (
        lambda checkpoint: checkpoint.update(optimizer_states=[]),
        f"lacks optimizer_states, {EXACTLY}",
    ),
    "no random numbers": (
        lambda checkpoint: checkpoint["callbacks"].pop("RandomState"),
        f"lacks random-number states, {EXACTLY}",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_that_is_not_the_runs_own_is_refused(
    name: str, checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    change, message = OTHERS[name]

    def rewrite(path: Path) -> None:
        checkpoint = torch.load(path, weights_only=True)
        change(checkpoint)
        torch.save(checkpoint, path)

    replace(checkpoints, rewrite)
    answer = resume()
    check(answer, 5, "checkpoint")
    assert answer.error.endswith(f".ckpt: {message}")


RECORDS = {
    "a forbidden target": ("config.yaml", "torch.optim.Adam", "os.system"),
    "another class": ("config.yaml", "dlcli.nets.mlp.Linear", "torch.load"),
    "no YAML": ("config.yaml", "model:", "model: ["),
    "a group is gone": ("config.yaml", "model:", "modle:"),
    "no mapping": ("config.yaml", "", "- 1\n"),
    "no JSON": ("origins.json", "{", "{{"),
    "choices that are none": ("origins.json", '"choices": {', '"choices": 3, "x": {'),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_was_changed_is_refused(
    name: str, checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    file, old, new = RECORDS[name]
    path = checkpoints.parent / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else new)
    answer = resume()
    check(answer, 2, "config")
    assert file in answer.error or "the run's record: " in answer.error


def test_a_live_run_is_left_to_its_owner(
    folder: Path, checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    lock = RunFolder(folder / "mlruns", checkpoints.parents[1].name).lock
    assert lock.acquire()
    try:
        answer = resume()
    finally:
        lock.release()
    check(answer, 75, "busy")


def test_a_refused_resume_leaves_the_run_as_it_was(
    folder: Path, checkpoints: Path, resume: Callable[[], Answer]
) -> None:
    (checkpoints / "manifest.json").write_text("{")
    before = {path: (folder / path).read_bytes() for path in content(folder) if "." in path[-6:]}
    resume()
    assert {path: (folder / path).read_bytes() for path in before} == before

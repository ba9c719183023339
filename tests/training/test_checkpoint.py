"""Checkpoint files are whole or absent, and nothing damaged or malicious is ever unpickled."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from dlcli.errors import CheckpointError
from dlcli.training.checkpoint import CheckpointFolder, load, sha256, write_atomically

STATE = {"state_dict": {"w": torch.arange(1000.0)}, "global_step": 7}


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    folder = CheckpointFolder(tmp_path / "checkpoints")
    folder.save("best", {**STATE, "global_step": 3}, epoch=1, metrics={"val/loss": 0.5})
    folder.save("last", STATE, epoch=2, metrics={})
    return folder


def test_a_saved_checkpoint_is_in_the_manifest_with_its_hash(folder: CheckpointFolder) -> None:
    entry = folder.entries()["best"]
    assert entry.file == "best-epoch0001-step0000003.ckpt"
    assert (entry.epoch, entry.step, entry.metrics) == (1, 3, {"val/loss": 0.5})
    assert entry.sha256 == sha256(folder.path / entry.file)


def test_a_checkpoint_reads_back_as_it_was_written(folder: CheckpointFolder) -> None:
    assert torch.equal(load(folder.verify("last"))["state_dict"]["w"], torch.arange(1000.0))


def test_a_role_keeps_one_file(folder: CheckpointFolder) -> None:
    folder.save("last", {**STATE, "global_step": 9}, epoch=3, metrics={})
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "best-epoch0001-step0000003.ckpt",
        "last-epoch0003-step0000009.ckpt",
        "manifest.json",
    ]


def test_a_copy_is_a_file_of_its_own_with_the_same_bytes(folder: CheckpointFolder) -> None:
    folder.save_copy("best", "last", {"train/loss": 0.1})
    best, last = (folder.entries()[role] for role in ("best", "last"))
    assert last.file == "last-epoch0001-step0000003.ckpt"
    assert (last.sha256, last.epoch, last.step) == (best.sha256, best.epoch, best.step)
    assert last.metrics == {"train/loss": 0.1}
    assert len(list(folder.path.glob("last-*"))) == 1
    (folder.path / best.file).write_bytes(b"damaged")
    assert folder.newest_intact() == folder.verify("last")
    (folder.path / best.file).unlink()
    with pytest.raises(CheckpointError, match="no best checkpoint is left to copy"):
        folder.save_copy("best", "last", {})


@pytest.mark.parametrize("percent", range(0, 100, 10))
def test_a_truncated_checkpoint_is_refused_and_the_good_one_named(
    folder: CheckpointFolder, percent: int
) -> None:
    path = folder.verify("last")
    os.truncate(path, path.stat().st_size * percent // 100)
    with pytest.raises(CheckpointError) as refusal:
        load(path)
    good = folder.path / "best-epoch0001-step0000003.ckpt"
    assert str(refusal.value) == (
        f"{path}: is damaged (its sha256 is not the manifest's); "
        f"the last good one is {good} (epoch 1)"
    )
    assert folder.newest_intact() == good


@pytest.mark.parametrize("position", range(0, 4000, 400))
def test_a_flipped_bit_is_noticed(folder: CheckpointFolder, position: int) -> None:
    path = folder.verify("last")
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= 1 << position % 8
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        load(path)


class Malice:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.canary}",)


def test_a_malicious_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    path, canary = tmp_path / "evil.ckpt", tmp_path / "canary"
    torch.save({"state_dict": Malice(canary)}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint that dlcli can trust"):
        load(path)
    path.write_bytes(pickle.dumps(Malice(canary)))
    with pytest.raises(CheckpointError, match="not a checkpoint that dlcli can trust"):
        load(path)
    assert not canary.exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.ckpt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a checkpoint that dlcli can trust"):
        load(path)


def test_a_zip_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ckpt"
    torch.save({"weights": 1}, path)
    with pytest.raises(CheckpointError, match="holds no model"):
        load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "nothing")
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load(path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"x\.ckpt: no such checkpoint"):
        load(tmp_path / "x.ckpt")


def test_leftovers_of_a_crash_are_removed_and_nothing_else(folder: CheckpointFolder) -> None:
    half = folder.path / "last-epoch0004-step0000012.ckpt.tmp-99"
    unnamed = folder.path / "last-epoch0004-step0000012.ckpt"
    for path in (half, unnamed):
        path.write_bytes(b"half")
    assert sorted(folder.sweep()) == [unnamed, half]
    assert len(list(folder.path.iterdir())) == 3


def test_a_failed_write_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("before")

    def fail(file: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CheckpointError, match="No space left on device"):
        write_atomically(path, fail)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "before"


def test_a_full_disk_is_an_error_and_the_checkpoint_before_is_intact(
    folder: CheckpointFolder,
) -> None:
    script = (
        "import resource, signal, sys, torch; from pathlib import Path\n"
        "from dlcli.training.checkpoint import CheckpointFolder\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "state = {'state_dict': {'w': torch.zeros(100_000)}, 'global_step': 8}\n"
        "CheckpointFolder(Path(sys.argv[1])).save('last', state, epoch=3, metrics={})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder.path)], capture_output=True, text=True
    )
    assert "CheckpointError" in done.stderr
    assert folder.verify("last").name == "last-epoch0002-step0000007.ckpt"
    assert not list(folder.path.glob("*.tmp-*"))


def test_a_manifest_of_a_newer_format_is_refused(folder: CheckpointFolder) -> None:
    manifest = folder.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(CheckpointError, match="written by a newer dlcli"):
        folder.entries()


def test_a_read_only_folder_is_an_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(CheckpointError, match="cannot be made"):
        CheckpointFolder(blocked / "checkpoints").save("last", STATE, epoch=1, metrics={})


def test_a_disk_that_turns_read_only_is_an_error(
    folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *rest: object, **more: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(CheckpointError, match=r"cannot be written \(Read-only file system\)"):
        write_atomically(folder.path / "x", lambda file: None)

"""What ``dlcli doctor`` looks at: packages, devices, configuration files, checkpoints."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from dlcli import __version__
from dlcli.errors import ConfigError, DlcliError

State = Literal["ok", "repaired", "note", "problem"]

PACKAGES = ("torch", "pytorch-lightning", "mlflow", "hydra-core", "optuna")
IMPORT_S = 60.0  # of torch, on a slow disk

# In a process of its own: the import takes seconds, and a broken driver may end it.
ASK_TORCH = """
import json, os, torch
print(json.dumps({
    "cores": os.cpu_count(),
    "cuda": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    "mps": torch.backends.mps.is_available(),
    "built_for": torch.version.cuda,
}))
"""


@dataclass(frozen=True)
class Check:
    """What was found of one thing.

    Args:
        name: of the thing.
        state: a problem is what doctor could not repair.
        message: what there is, what was done, or what to do.
        status: the exit status of a problem.
    """

    name: str
    state: State
    message: str
    status: int = 0


def problem(name: str, error: DlcliError) -> Check:
    """A check that ended with an error."""
    return Check(name, "problem", str(error), error.status)


def versions() -> Check:
    """The packages that matter, without importing them."""
    found, missing = [f"python {platform.python_version()}", f"dlcli {__version__}"], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        return Check(
            "versions", "problem", f"not installed: {', '.join(missing)}; install dlcli again", 1
        )
    return Check("versions", "ok", ", ".join(found))


class Devices:
    """What torch can compute on, asked for beside the other checks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", ASK_TORCH],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def check(self) -> Check:
        """Wait for the answer."""
        try:
            answer, complaint = self._process.communicate(timeout=IMPORT_S)
            found = json.loads(answer.strip().splitlines()[-1])
        except subprocess.TimeoutExpired:
            self._process.kill()
            return Check("devices", "problem", f"torch was not imported in {IMPORT_S:.0f} s", 1)
        except (ValueError, IndexError):
            last = (complaint.strip().splitlines() or ["no reason given"])[-1]
            return Check("devices", "problem", f"torch cannot be imported: {last}", 1)
        names = [*found["cuda"], *(["Apple GPU (mps)"] if found["mps"] else [])]
        cpu = f"CPU with {found['cores']} cores"
        return Check("devices", "ok", ", ".join([*names, cpu]) if names else f"{cpu}, no GPU")


def configuration(config_dir: Path | None) -> list[Check]:
    """Whether every configuration file can be read."""
    from dlcli.config.folders import project, search_path

    try:
        folders = search_path(config_dir or project(Path.cwd()).config_dir)
    except ConfigError as error:
        return [problem("config", error)]
    checks = []
    for folder in folders:
        files = sorted(folder.path.rglob("*.yaml"))
        found = list(_unreadable(folder.path, folder.label, files))
        checks += found or [Check("config", "ok", f"{folder.path}: {len(files)} files")]
    return checks


def _unreadable(folder: Path, label: str, files: Sequence[Path]) -> Iterator[Check]:
    from dlcli.config import yaml_file

    for file in files:
        try:
            yaml_file.read(file, f"{label}/{file.relative_to(folder)}")
        except ConfigError as error:
            yield problem("config", error)


def checkpoints(root: Path) -> list[Check]:
    """Remove temporary files that a crash left beside checkpoints, of runs that nobody owns."""
    from dlcli.tracking.folder import RunFolder

    removed = 0
    for file in root.glob("runs/*/artifacts/checkpoints/*.tmp-*"):
        folder = RunFolder(root, file.parents[2].name)
        if not folder.lock.acquire():
            continue
        try:
            file.unlink(missing_ok=True)
            removed += 1
        finally:
            folder.lock.release()
    if not removed:
        return []
    return [Check("checkpoints", "repaired", f"{removed} half-written temporary files removed")]

"""The wheel works where only it is installed, and the lock holds all that is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed; without the folders of the project or of its user."""
    names = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**names, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("dlcli-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment with the wheel, and its dependencies out of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-cache")
    run(*uv, "--no-deps", "--python", python, wheel, cwd=folder)
    dependencies = sysconfig.get_path("purelib")
    site = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).stdout.strip()
    # The .pth files of a folder that is named in a .pth file are not read, so the project itself
    # stays out of reach.
    Path(site, "dependencies.pth").write_text(f"{dependencies}\n")
    return python


def test_the_wheel_holds_the_package_and_its_configuration_alone(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    configuration = {str(path.relative_to(ROOT)) for path in (ROOT / "conf").rglob("*.yaml")}
    assert {f"dlcli/{name}" for name in configuration} <= names
    assert {name.partition("/")[0] for name in names} == {"dlcli", "dlcli-0.1.0.dist-info"}


def test_the_wheel_trains_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    where = run(installed, "-c", "import dlcli; print(dlcli.__file__)", cwd=work).stdout
    assert Path(where.strip()).is_relative_to(installed.parent.parent)

    dlcli = installed.parent / "dlcli"
    options = ("trainer=cpu", "trainer.max_epochs=1", "--json")
    done = run(dlcli, "train", *options, cwd=work, HOME=str(home))

    result = json.loads(done.stdout.splitlines()[-1])
    assert result["status"] == "FINISHED"
    assert Path(result["checkpoint"]["best"]).is_file()
    assert [path.name for path in work.iterdir()] == ["mlruns"]
    recorded = json.loads((work / "mlruns/runs" / result["run_id"] / "run.json").read_text())
    assert (recorded["status"], recorded["name"]) == ("FINISHED", result["run_name"])


@pytest.mark.parametrize(
    ("package", "version"),
    [("torch", "2.11.0"), ("torchvision", "0.26.0"), ("pytorch-lightning", "2.6.6")],
)
def test_lower_bounds_allow(wheel: Path, package: str, version: str) -> None:
    wanted = {r.name: r.specifier for r in map(Requirement, metadata(wheel, "Requires-Dist"))}
    assert version in wanted[package]


@pytest.mark.parametrize("version", ["3.11.0", "3.12.3", "3.13.0"])
def test_python_versions_allowed(wheel: Path, version: str) -> None:
    assert version in Requirement(f"python{metadata(wheel, 'Requires-Python')[0]}").specifier


def metadata(wheel: Path, field: str) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read("dlcli-0.1.0.dist-info/METADATA")
    return message_from_bytes(content).get_all(field, [])


def test_everything_installed_is_in_the_lock_with_its_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
    ]
    names = {canonicalize_name(Requirement(text).name) for text in wanted}
    assert names <= locked().keys()
    assert [name for name, text in locked().items() if "--hash=sha256:" not in text] == []


def locked() -> dict[str, str]:
    entries = LOCK.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    return {entry.partition("==")[0]: entry for entry in entries}


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "Makefile"])
def test_no_package_host_is_named(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(clone: Path, python: str) -> subprocess.CompletedProcess[str]:
    """``make train`` with a script in the place of Python."""
    fake = clone / "python"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    return subprocess.run(
        ["make", "train", "PYTHON=./python"], cwd=clone, capture_output=True, text=True
    )


def test_an_old_python_is_refused_in_one_line(clone: Path) -> None:
    done = make(clone, "exit 1")
    message = "dlcli needs Python 3.11 or newer, which ./python is not: make PYTHON=python3.12"
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == message
    assert not (clone / ".venv").exists()


def test_an_installation_that_failed_is_tried_again(clone: Path) -> None:
    environment = f'[ "$1" = -c ] || exec "{sys.executable}" "$@" --without-pip'
    assert make(clone, environment).returncode == 2
    again = make(clone, environment)
    assert "installing the locked packages" in again.stderr
    assert not (clone / ".venv" / ".stamp").exists()

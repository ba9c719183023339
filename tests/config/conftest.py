"""A working folder of its own for every test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlcli.config.compose import Config, compose
from dlcli.errors import ConfigError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Write files, given by their paths in the working folder."""

    def write(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


@pytest.fixture
def train() -> Callable[..., Config]:
    def train(*overrides: str, config_dir: str | None = None) -> Config:
        return compose("train", overrides, Path(config_dir) if config_dir else None)

    return train


@pytest.fixture
def refused(train: Callable[..., Config]) -> Callable[..., list[str]]:
    """Compose what must be refused, and return its messages."""

    def refused(*overrides: str, config_dir: str | None = None) -> list[str]:
        with pytest.raises(ConfigError) as error:
            train(*overrides, config_dir=config_dir)
        assert error.value.status == 2
        return error.value.problems

    return refused

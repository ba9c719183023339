"""Adds the pages to the site that are made while it is built: the reference, and the changes."""

from __future__ import annotations

from pathlib import Path

from generate import commands, configuration, python, statuses
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add each generated page."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def pages() -> dict[str, str]:
    """The generated pages: their path below ``docs/`` and their Markdown."""
    return {
        "reference/commands.md": commands.page(),
        "reference/statuses.md": statuses.page(),
        "reference/python.md": python.page(),
        "changelog.md": CHANGELOG.read_text(encoding="utf-8"),
        **{f"reference/{path}": text for path, text in configuration.pages().items()},
    }

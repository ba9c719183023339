"""Whatever a checkpoint or its manifest holds, it is read or refused, and runs no code."""

from __future__ import annotations

import io
import json
import os
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlcli.errors import CheckpointError
from dlcli.training.checkpoint import CheckpointFolder, load
from tests.fuzz.conftest import LARGE, SMALL, budget


class Canary:
    """What is unpickled only by those who run code."""

    def __reduce__(self) -> tuple[Any, tuple[str, ...]]:
        return os.system, ("touch canary",)


def saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


GOOD = [
    saved({"state_dict": {"weight": torch.arange(4.0)}, "epoch": 1}),
    saved({"state_dict": Canary()}),
    pickle.dumps({"state_dict": Canary()}),
]
DAMAGED = st.builds(
    lambda content, at, junk, end: (content[:at] + junk + content[at + len(junk) :])[:end],
    st.sampled_from(GOOD),
    st.integers(0, 2000),
    st.binary(max_size=4),
    st.integers(0, 3000),
)
CONTENTS = st.binary(max_size=60) | DAMAGED | st.sampled_from(GOOD)
WORDS = st.sampled_from(["format", "checkpoints", "last", "file", "sha256", "epoch", "step", "a"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries(
    {"file": JSON | st.just("last.ckpt"), "sha256": JSON, "epoch": JSON, "step": JSON}
)
MANIFESTS = st.one_of(
    st.binary(max_size=30),
    JSON.map(lambda content: json.dumps(content).encode()),
    st.builds(
        lambda format, entry: json.dumps(
            {"format": format, "checkpoints": {"last": entry}}
        ).encode(),
        st.just(1) | JSON,
        ENTRIES | JSON,
    ),
)


def is_read_or_refused(content: bytes, manifest: bytes | None) -> None:
    path = Path("checkpoints/last.ckpt")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.with_name("manifest.json").unlink(missing_ok=True)
    if manifest is not None:
        path.with_name("manifest.json").write_bytes(manifest)
    folder = CheckpointFolder(path.parent)
    for step in (lambda: load(path), folder.newest_intact, lambda: folder.verify("last")):
        with suppress(CheckpointError):
            step()
    assert not Path("canary").exists()


@budget(SMALL)
@given(CONTENTS, st.none() | MANIFESTS)
@pytest.mark.filterwarnings("ignore")
def test_a_checkpoint_is_read_or_refused(content: bytes, manifest: bytes | None) -> None:
    is_read_or_refused(content, manifest)


@pytest.mark.slow
@budget(LARGE)
@given(CONTENTS, st.none() | MANIFESTS)
@pytest.mark.filterwarnings("ignore")
def test_thousands_of_checkpoints_are_read_or_refused(
    content: bytes, manifest: bytes | None
) -> None:
    is_read_or_refused(content, manifest)

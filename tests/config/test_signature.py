"""Signatures are read from source, through re-exports, bases and aliases of types."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dlcli.config import modules
from dlcli.config.index import Index
from dlcli.config.modules import Unknown
from dlcli.config.signature import Parameter, Signature, read_signature
from dlcli.config.typecheck import mismatch

CODE = """
from dataclasses import dataclass, field
from typing import Literal, Optional, Union
from collections.abc import Callable, Sequence

Mode = Literal["a", "b"]

class Base:
    def __init__(self, size: int, mode: "Mode" = "a", **rest):
        pass

class Child(Base):
    def __init__(self, rate: Union[float, None], **kwargs):
        super().__init__(size=3, **kwargs)

@dataclass
class Fields:
    sizes: Sequence[int]
    make: Optional[Callable[[int], int]] = None
    names: list[str] = field(default_factory=list)
    hidden: int = field(init=False)

def function(x, *, y: tuple[int, float] = (1, 2.0)):
    pass
"""


@pytest.fixture(autouse=True)
def module(folder: Path) -> None:
    modules.find.cache_clear()
    (folder / "read_me.py").write_text(CODE)
    (folder / "again.py").write_text("from read_me import Child as Renamed\nimport os\n")


def test_a_class_that_forwards_to_its_base_takes_what_the_base_takes() -> None:
    assert read_signature("again.Renamed") == Signature(
        "read_me.Child",
        (Parameter("mode", "Literal['a', 'b']"), Parameter("rate", "float | None", True)),
        open=True,
        ancestors=("read_me.Child", "read_me.Base"),
    )


def test_a_dataclass_takes_its_fields() -> None:
    assert read_signature("read_me.Fields") == Signature(
        "read_me.Fields",
        (
            Parameter("sizes", "list[int]", True),
            Parameter("make", "Object | None"),
            Parameter("names", "list[str]"),
        ),
        ancestors=("read_me.Fields",),
    )


def test_a_function_takes_its_arguments() -> None:
    assert read_signature("read_me.function") == Signature(
        "read_me.function",
        (Parameter("x", "Any", True), Parameter("y", "tuple[int, float]")),
        is_class=False,
    )


def test_a_module_that_a_module_imports_is_no_member() -> None:
    with pytest.raises(Unknown):
        read_signature("again.os.system")


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("int", 1, None),
        ("int", True, "a whole number"),
        ("int", 1.0, "a whole number"),
        ("float", 1, None),
        ("float | Object", "x", "a number"),
        ("Object", 3, "a node with _target_"),
        ("Object", {"_target_": "a.b"}, None),
        ("str | None", None, None),
        ("Literal['a', 3] | None", "b", "a or 3 or null"),
        ("list[int]", [1, "x"], "a list of whole numbers"),
        ("tuple[int, float]", [1], "a list of 2: a whole number, a number"),
        ("dict[str, int]", {"a": 1}, None),
        ("dict[str, int]", {"a": "x"}, "a mapping of whole numbers"),
        ("Any", object(), None),
    ],
)
def test_a_value_is_told_from_its_type(type_: str, value: object, expected: str | None) -> None:
    assert mismatch(type_, value) == expected


def test_the_index_is_used_until_the_source_changes(folder: Path) -> None:
    file = folder / "index.json"
    index = Index(file)
    first = index.signature("read_me.Fields")
    index.save()
    assert Index(file).signature("read_me.Fields") == first

    (folder / "read_me.py").write_text("class Fields:\n    def __init__(self, other: int): ...\n")
    os.utime(folder / "read_me.py", ns=(1, 1))
    modules._parse.cache_clear()
    assert Index(file).signature("read_me.Fields").types == {"other": "int"}


def test_a_damaged_index_is_read_anew(folder: Path) -> None:
    file = folder / "index.json"
    file.write_text('{"read_me.Fields": {"top": 3')
    assert "sizes" in Index(file).signature("read_me.Fields").types

"""Every damaged or hostile configuration file is refused, naming the file and the line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(c + 1)}: &{chr(c + 1)} [{','.join([f'*{chr(c)}'] * 9)}]\n" for c in range(97, 110)
)
SGD = "_target_: torch.optim.SGD\n_partial_: true\n"

# What conf/optimizer/mine.yaml holds, and what is said about it.
FILES: dict[str, tuple[str | bytes, str]] = {
    "tab": (
        "_target_: torch.optim.SGD\n\tlr: 1\n",
        "mine/optimizer/mine.yaml:2: not valid YAML: found a tab character that violates "
        "indentation",
    ),
    "tab below a key": (
        "a:\n\tb: 1\n",
        "mine/optimizer/mine.yaml:2: not valid YAML: a tab or another character that cannot "
        "start a value; indent with spaces",
    ),
    "repeated key": (
        SGD + "lr: 1\nlr: 2\n",
        "mine/optimizer/mine.yaml:4: the key lr stands here twice",
    ),
    "not UTF-8": (b"a: 1\nb: \xff\n", "mine/optimizer/mine.yaml:2: not UTF-8, byte 0xff"),
    "NUL": (
        b"a: 1\0\n",
        "mine/optimizer/mine.yaml: not valid YAML: unacceptable character #x0000: "
        "control characters are not allowed",
    ),
    "ten megabytes": (
        b"x" * 10_000_000,
        "mine/optimizer/mine.yaml: 10,000,000 bytes; at most 1,000,000 are read",
    ),
    "billion laughs": (
        LAUGHS,
        "mine/optimizer/mine.yaml:1: more than 50,000 values, or aliases that never end",
    ),
    "circle of aliases": (
        "a: &a [*a]\n",
        "mine/optimizer/mine.yaml:1: more than 50,000 values, or aliases that never end",
    ),
    "deep": ("[" * 900_000, "mine/optimizer/mine.yaml:1: nested deeper than 50 levels"),
    "Python object": (
        "a: !!python/object/apply:os.system [id]\n",
        "mine/optimizer/mine.yaml:1: the tag !!python/object/apply:os.system is not allowed",
    ),
    "merge key": (
        SGD + "<<: {lr: 1}\n",
        "mine/optimizer/mine.yaml:3: merge keys (<<) are not allowed; use a defaults list",
    ),
    "list": ("- 1\n", "mine/optimizer/mine.yaml:1: expected keys and values, got [1]"),
    "open quote": (
        'a: "x\n',
        "mine/optimizer/mine.yaml:2: not valid YAML: found unexpected end of stream",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "mine/optimizer/mine.yaml:2: not valid YAML: but found another document",
    ),
    "defaults": ("defaults: adam\n", "mine/optimizer/mine.yaml: defaults: not a list, 'adam'"),
    "default without file": (
        "defaults: [adm]\n",
        "mine/optimizer/mine.yaml: defaults: optimizer has no option adm; did you mean "
        "adam or nadam or adamw?; "
        "options: adadelta, adagrad, adam, adam_gan, adamw, mine, momentum, nadam, nesterov, "
        "rmsprop, sgd",
    ),
    "unknown key": (
        SGD + "lr: 0.1\nmomentm: 0.9\n",
        "mine/optimizer/mine.yaml: optimizer.momentm: SGD takes no such argument; "
        "did you mean optimizer.momentum?",
    ),
    "wrong type": (
        SGD + "lr: fast\n",
        "mine/optimizer/mine.yaml: optimizer.lr: expected a number; got 'fast'",
    ),
    "key of a number": (
        SGD + "lr: 0.1\nfoo: ${seed.x}\n",
        "mine/optimizer/mine.yaml: optimizer.foo: ${seed.x} leads nowhere: there is no such key",
    ),
    "half an interpolation": (
        SGD + "lr: ${seed\n",
        "mine/optimizer/mine.yaml: optimizer.lr: not a valid interpolation, '${seed': "
        "no viable alternative at input '${seed'",
    ),
    "escaped interpolation": (
        SGD + "lr: \\${seed}\n",
        "mine/optimizer/mine.yaml: optimizer.lr: its value holds ${ itself, which is not resolved",
    ),
    "target by interpolation": (
        "_target_: ${optimizer.name}\n_partial_: true\nname: os.system\n",
        "mine/optimizer/mine.yaml: optimizer._target_: os.system may not run: it is Python's own",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused(
    name: str, write: Callable[..., Path], refused: Callable[..., list[str]]
) -> None:
    content, message = FILES[name]
    write({"mine/optimizer/mine.yaml": content})
    assert refused("optimizer=mine", config_dir="mine") == [message]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_byte_order_mark_and_windows_line_ends_are_read(
    mark: bytes, end: bytes, write: Callable[..., Path], train: Callable[..., object]
) -> None:
    content = mark + SGD.encode().replace(b"\n", end) + b"lr: 1e-3" + end
    write({"mine/optimizer/mine.yaml": content})
    assert train("optimizer=mine", config_dir="mine").values["optimizer"]["lr"] == 0.001


def test_a_missing_folder_is_refused(refused: Callable[..., list[str]]) -> None:
    assert refused(config_dir="nope") == ["nope: the configuration folder does not exist"]


def test_a_file_in_place_of_a_folder_is_refused(
    write: Callable[..., Path], refused: Callable[..., list[str]]
) -> None:
    write({"mine": "a: 1\n"})
    assert refused(config_dir="mine") == ["mine: the configuration folder is a file"]


def test_a_folder_that_links_to_itself_is_refused(
    folder: Path, refused: Callable[..., list[str]]
) -> None:
    (folder / "mine").symlink_to("mine")
    assert refused(config_dir="mine") == [
        "mine: cannot read the configuration folder: too many levels of symbolic links"
    ]


def test_a_file_that_links_to_itself_is_refused(
    write: Callable[..., Path], refused: Callable[..., list[str]]
) -> None:
    folder = write({"mine/optimizer/other.yaml": SGD})
    (folder / "mine/optimizer/mine.yaml").symlink_to("mine.yaml")
    assert refused("optimizer=mine", config_dir="mine") == [
        "mine/optimizer/mine.yaml: a link that leads nowhere, or to itself"
    ]


def test_a_folder_that_links_to_its_parent_ends(
    write: Callable[..., Path], refused: Callable[..., list[str]]
) -> None:
    folder = write({"mine/optimizer/other.yaml": SGD})
    (folder / "mine/optimizer/up").symlink_to(folder / "mine")
    assert len(refused("optimizer=mine", config_dir="mine")) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every folder")
def test_an_unreadable_folder_is_refused(
    write: Callable[..., Path], refused: Callable[..., list[str]]
) -> None:
    (write({"mine/optimizer/mine.yaml": SGD}) / "mine").chmod(0)
    assert refused(config_dir="mine") == [
        "mine: cannot read the configuration folder: permission denied"
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('config_dir = "nope"', "nope: the configuration folder does not exist"),
        ("config_dir = 3", "pyproject.toml: tool.dlcli.config_dir: not a string, 3"),
        ('allow = "a"', "pyproject.toml: tool.dlcli.allow: not a list of names, 'a'"),
        ('allow = ["a b"]', "allow: 'a b' is not the name of a package"),
        ('allow = ["os"]', "allow: 'os' is Python's own; allow names your own packages"),
        (
            "alow = []",
            "pyproject.toml: tool.dlcli.alow: unknown key; known are config_dir and allow",
        ),
    ],
)
def test_a_bad_project_table_is_refused(
    table: str, message: str, write: Callable[..., Path], refused: Callable[..., list[str]]
) -> None:
    write({"pyproject.toml": f"[tool.dlcli]\n{table}\n"})
    assert refused() == [message]

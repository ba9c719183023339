"""A text is read in the encoding that is stated or found out, or refused at its line."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from dlcli.data.text_file import check_encoding, read_text
from dlcli.errors import ConfigError, DataError

FABLE = "La Cigale, ayant chanté\nTout l'été,\nSe trouva fort dépourvue\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "fable.txt"
    path.write_bytes(content)
    return path


def refusal(path: Path, encoding: str = "auto") -> str:
    with pytest.raises(DataError) as caught:
        read_text(path, encoding, "data.path")
    return str(caught.value)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252", "latin-1"]
)
def test_a_stated_encoding_is_taken(tmp_path, encoding):
    assert read_text(write(tmp_path, FABLE.encode(encoding)), encoding, "data.path") == FABLE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_encodings_that_say_what_they_are_are_found_without_a_word(tmp_path, encoding):
    path = write(tmp_path, FABLE.encode(encoding))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_text(path, "auto", "data.path") == FABLE


def test_another_encoding_is_detected_and_told(tmp_path):
    path = write(tmp_path, (FABLE * 20).encode("cp1252"))
    with pytest.warns(UserWarning, match="not UTF-8") as caught:
        text = read_text(path, "auto", "data.path")
    assert text == FABLE * 20
    (message,) = (str(warning.message) for warning in caught)
    found = message.rpartition("=")[2]
    assert message == (
        f"{path}: not UTF-8; read as {found}, which it looks like; "
        f"if that is right, say so: data.encoding={found}"
    )


def test_a_byte_that_the_stated_encoding_has_not_is_refused_with_its_line(tmp_path):
    path = write(tmp_path, b"one\ntwo\nthr\xe9e\n")
    assert refusal(path, "utf-8") == (
        f"{path}:3: byte 0xe9 is not utf-8; name the file's own encoding with data.encoding, "
        "or mend the line"
    )
    assert refusal(path, "ascii") == (
        f"{path}:3: byte 0xe9 is not ascii; name the file's own encoding with data.encoding, "
        "or mend the line"
    )


def test_the_ends_of_lines_are_those_of_every_system(tmp_path):
    assert read_text(write(tmp_path, b"a\r\nb\rc\n"), "auto", "data.path") == "a\nb\nc\n"


def test_a_binary_file_is_refused(tmp_path):
    path = write(tmp_path, b"a\nb\0c")
    assert refusal(path) == (
        f"{path}:2: a zero byte, so this is not a text in utf-8; "
        "name a text file, or its own encoding with data.encoding"
    )
    path = write(tmp_path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert refusal(path) == (
        f"{path}:1: byte 0x89 is not utf-8; name the file's own encoding with data.encoding, "
        "or mend the line"
    )


def test_what_is_not_there_or_empty_is_refused(tmp_path):
    path = write(tmp_path, b" \n")
    assert refusal(path) == f"{path}: empty; there is nothing to learn from"
    assert refusal(tmp_path) == f"data.path: {tmp_path} is a folder; name a text file"
    assert refusal(tmp_path / "fabel.txt") == (
        f"data.path: no file {tmp_path}/fabel.txt; did you mean {path}?"
    )
    assert refusal(tmp_path / "no" / "x") == f"data.path: no file {tmp_path}/no/x"


@pytest.mark.parametrize(
    ("encoding", "hint"),
    [
        ("cp1253x", "did you mean cp1253 or cp1258 or cp1257?"),
        ("qqq", "such as auto, utf-8, cp1252, utf-16"),
        ("base64", "such as auto, utf-8, cp1252, utf-16"),
    ],
)
def test_an_encoding_that_there_is_not_is_refused(encoding, hint):
    with pytest.raises(ConfigError) as caught:
        check_encoding(encoding)
    assert caught.value.problems == [f"data.encoding: there is no encoding '{encoding}'; {hint}"]

"""Read a text file, in an encoding that is stated or found out."""

from __future__ import annotations

import codecs
import csv
import difflib
import gzip
import io
import warnings
import zlib
from pathlib import Path
from typing import Any

from dlcli.errors import ConfigError, DataError

AUTO = "auto"
GZIP = b"\x1f\x8b"
# The longest marks first: that of UTF-16 is the beginning of one of UTF-32.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def check_encoding(encoding: str) -> None:
    """Refuse (ConfigError) an encoding that Python has not."""
    if encoding == AUTO or is_of_text(encoding):
        return
    from encodings.aliases import aliases

    names = sorted({AUTO, *(name.replace("_", "-") for name in {*aliases, *aliases.values()})})
    near = [name for name in difflib.get_close_matches(encoding.lower(), names) if is_of_text(name)]
    hint = f"did you mean {' or '.join(near)}?" if near else "such as auto, utf-8, cp1252, utf-16"
    raise ConfigError(f"data.encoding: there is no encoding {encoding!r}; {hint}")


def is_of_text(encoding: str) -> bool:
    """Whether Python has an encoding of this name that texts are written in."""
    try:
        "".encode(encoding)
    except LookupError:
        return encoding == AUTO
    return True


def read_text(path: Path, encoding: str, place: str) -> str:
    """The text of a file, its lines ended by ``\\n`` alone.

    Args:
        path: of the file.
        encoding: Python's name of it; ``auto`` goes by the file's first bytes, then takes UTF-8,
            and where that cannot be, what charset-normalizer takes it for, with a warning.
        place: the argument that names the file, for messages.

    Raises:
        DataError: not there, not readable, empty, or not a text in that encoding.
    """
    content = read_bytes(path, place)
    chosen = by_mark(content) if encoding == AUTO else encoding
    try:
        text = content.decode(chosen)
    except UnicodeError as error:
        if encoding == AUTO and chosen == "utf-8":
            text = guessed(path, content, error)
        else:
            raise DataError(undecodable(path, content, chosen, error)) from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    check_signs(path, text, chosen)
    if not text.strip():
        raise DataError(f"{path}: empty; there is nothing to learn from")
    return text


def fields_of(text: str, **form: Any) -> Any:
    """A ``csv.reader`` of a text, of whose fields each may be as long as the text.

    Args:
        text: with its lines ended by ``\\n``.
        form: as for ``csv.reader``.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    return csv.reader(io.StringIO(text, newline=""), **form)


def read_bytes(path: Path, place: str) -> bytes:
    """The content of a file; unpacked, if it is compressed by gzip.

    Raises:
        DataError: it is not there, or cannot be read.
    """
    if path.is_dir():
        raise DataError(f"{place}: {path} is a folder; name a text file")
    if not path.is_file():
        raise DataError(absent(path, place))
    try:
        content = path.read_bytes()
        if content.startswith(GZIP):
            content = gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged gzip file ({error})") from error
    except OSError as error:
        raise DataError(f"{place}: {path} cannot be read ({error.strerror})") from error
    return content


def absent(path: Path, place: str) -> str:
    """That there is no such file, by the argument that names it."""
    return f"{place}: no file {path}{nearest(path)}"


def nearest(path: Path) -> str:
    """The files beside a missing one that are called nearly so, as an ending of a message."""
    if not path.parent.is_dir():
        return ""
    names = [other.name for other in path.parent.iterdir() if other.is_file()]
    near = difflib.get_close_matches(path.name, names, n=2)
    return f"; did you mean {' or '.join(str(path.parent / name) for name in near)}?" * bool(near)


def by_mark(content: bytes) -> str:
    """The encoding that the first bytes say; else UTF-8."""
    return next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")


def guessed(path: Path, content: bytes, error: UnicodeError) -> str:
    """The text in the encoding that it looks most like, which is told.

    Raises:
        DataError: it looks like none.
    """
    from charset_normalizer import from_bytes

    found = None if b"\0" in content else from_bytes(content).best()
    if found is None:
        raise DataError(undecodable(path, content, "utf-8", error)) from error
    warnings.warn(
        f"{path}: not UTF-8; read as {found.encoding}, which it looks like; "
        f"if that is right, say so: data.encoding={found.encoding}",
        stacklevel=2,
    )
    return str(found)


def undecodable(path: Path, content: bytes, encoding: str, error: UnicodeError) -> str:
    """Where a file is not in an encoding, by line and byte."""
    start = error.start if isinstance(error, UnicodeDecodeError) else 0
    line = content.count(b"\n", 0, start) + 1
    return (
        f"{path}:{line}: byte 0x{content[start]:02x} is not {encoding}; "
        "name the file's own encoding with data.encoding, or mend the line"
    )


def check_signs(path: Path, text: str, encoding: str) -> None:
    """Refuse (DataError) what no text has: a zero byte."""
    position = text.find("\0")
    if position >= 0:
        line = text.count("\n", 0, position) + 1
        raise DataError(
            f"{path}:{line}: a zero byte, so this is not a text in {encoding}; "
            "name a text file, or its own encoding with data.encoding"
        )

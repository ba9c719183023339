"""Files of labelled signals: one a line with the label first (UCR), or sktime's .ts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlcli.data.recordings import Recordings, Row, assemble
from dlcli.data.text_file import AUTO, read_text
from dlcli.errors import DataError

Lines = Iterator[tuple[int, str]]


def read_signals(key: str, path: Path) -> Recordings:
    """The signals of a file, in either format, whichever it is.

    Args:
        key: the configuration key that names the file, for messages.
        path: the file.

    Raises:
        DataError: with the line, if the file is damaged or its signals are not of one size.
    """
    text = read_text(path, AUTO, key)
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    kept = iter([(n, line) for n, line in lines if not line.startswith("#")])
    if any(line.startswith("@") for _, line in lines[:200]):
        return assemble(str(path), ts_rows(str(path), kept))
    return assemble(str(path), label_first(kept))


def label_first(lines: Lines) -> Iterator[Row]:
    """The rows of the UCR archive: a label, then the values of one channel.

    Separated by commas, semicolons, tabs or blanks.
    """
    separator: str | None = None
    for count, (line, text) in enumerate(lines):
        if not count:
            separator = next((mark for mark in ",;" if mark in text), None)
        label, *values = text.split(separator)
        yield Row(line, label, [values])


def ts_rows(file: str, lines: Lines) -> Iterator[Row]:
    """The rows of a .ts file: channels parted by colons, values by commas, the label last.

    Löning et al. 2019, "sktime: a unified interface for machine learning with time series".

    Raises:
        DataError: if the header says that there are no classes, or time stamps.
    """
    classes = ts_classes(file, lines)
    for line, text in lines:
        *channels, label = text.split(":")
        if label.strip() not in classes:
            raise DataError(
                f"{file}:{line}: label {label.strip()[:40]!r} is not one of @classLabel: "
                f"{', '.join(classes)}"
            )
        yield Row(line, label, [channel.split(",") for channel in channels])


def ts_classes(file: str, lines: Lines) -> list[str]:
    """The class labels that the header declares; leaves ``lines`` at the first recording."""
    classes: list[str] = []
    for line, text in lines:
        name, *values = text.split()
        name = name.lower()
        says = values[0].lower() if values else ""
        if name == "@data":
            break
        if name == "@timestamps" and says == "true":
            raise DataError(f"{file}:{line}: @timeStamps true; only plain values are read")
        if name == "@classlabel" and says == "true":
            classes = values[1:]
    else:
        raise DataError(f"{file}: no @data line; the signals come after it")
    if not classes:
        raise DataError(f"{file}: no '@classLabel true NAME …' line; signals need classes")
    return classes

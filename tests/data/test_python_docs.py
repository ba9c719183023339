"""Python's reference text is there without a file."""

from __future__ import annotations

import sys

import pytest

from dlcli.data.python_docs import PythonDocs
from dlcli.errors import DataError


def test_it_is_a_text_of_some_length():
    data = PythonDocs()
    name, text = data.load()
    assert name == "python_docs"
    assert len(text) > 300_000
    assert 'The "assert" statement' in text


def test_a_python_without_it_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(DataError) as caught:
        PythonDocs().load()
    assert str(caught.value) == (
        "python_docs: this Python ships without its reference text (import of pydoc_data.topics "
        "halted; None in sys.modules); use data=text with a file of your own"
    )

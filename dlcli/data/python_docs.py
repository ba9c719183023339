"""The reference text that Python's standard library ships: a real text, without a file."""

from __future__ import annotations

from dlcli.data.text import Corpus
from dlcli.errors import DataError


class PythonDocs(Corpus):
    """The topics of Python's ``help()``, from the language reference; needs no files.

    The text is that of the Python that runs: another version has other words.

    Args: those of ``Corpus``.
    """

    def load(self) -> tuple[str, str]:
        """The topics in alphabetical order, an empty line between them.

        Raises:
            DataError: if this Python comes without them.
        """
        try:
            from pydoc_data.topics import topics
        except ImportError as error:
            raise DataError(
                f"python_docs: this Python ships without its reference text ({error}); "
                "use data=text with a file of your own"
            ) from error
        return "python_docs", "\n\n".join(topics[name].strip() for name in sorted(topics))

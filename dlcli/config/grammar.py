"""Read overrides in Hydra's grammar, with a caret under what it does not understand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlcli.config.redact import redact_override

Kind = Literal["set", "add", "delete"]
_KINDS: dict[str, Kind] = {"CHANGE": "set", "ADD": "add", "FORCE_ADD": "add", "DEL": "delete"}


@dataclass(frozen=True)
class Override:
    """One override of the command line.

    Args:
        text: as the user wrote it.
        key: a dotted key, or a group (``model``, ``model@other``).
        value: the parsed value; None for a deletion without one.
        kind: what it does.
        parsed: Hydra's own object.
    """

    text: str
    key: str
    value: Any
    kind: Kind
    parsed: Any


def parse(overrides: Sequence[str]) -> tuple[list[Override], list[str]]:
    """Return the overrides, and one message for each that is wrong."""
    parsed: list[Override] = []
    problems: list[str] = []
    for text in overrides:
        try:
            parsed.append(_parse(text))
        except _Refused as error:
            problems.append(str(error))
    clashes = _clashes(parsed)
    return parsed, problems + clashes


class _Refused(Exception):
    """An override that is not in the grammar."""


class _Listener:
    """Turns the first error of Hydra's lexer or parser into its column and its reason."""

    def __init__(self, text: str) -> None:
        self.text = text

    def syntaxError(
        self, recognizer: Any, symbol: Any, line: int, column: int, message: str, error: Any
    ) -> None:
        token = getattr(symbol, "text", None)
        if token == "<EOF>":
            raise _refused(self.text, len(self.text), _unended(self.text))
        position = getattr(error, "startIndex", column) if token is None else column
        found = self.text[position : position + 1] if token is None else token
        if found in ("'", '"'):
            raise _refused(self.text, position, "a quote that is not closed")
        raise _refused(self.text, position, f"unexpected {found!r}")

    def reportAmbiguity(self, *_: Any) -> None:
        """Hydra's grammar has ambiguities that do not matter."""

    reportAttemptingFullContext = reportContextSensitivity = reportAmbiguity


def _unended(text: str) -> str:
    if "=" not in text:
        return "not an override; write KEY=VALUE"
    return "it ends too early; a bracket or a quote is open"


def _refused(text: str, position: int, reason: str) -> _Refused:
    shown = redact_override(text)
    # A masked value has other columns: no caret then.
    caret = "" if shown != text else f"\n  {shown}\n  {' ' * position}^"
    return _Refused(f"override {shown}: {reason}{caret}")


def _parse(text: str) -> Override:
    from hydra.errors import HydraException

    if "\n" in text or "\0" in text:
        raise _Refused(f"override {text!r}: a line break or a NUL in it")
    try:
        parsed = _visit(text)
    except HydraException as error:
        reason = str(error).partition("\n")[0]
        raise _refused(text, text.find("=") + 1, reason) from error
    if not parsed.key_or_group:
        raise _refused(text, 0, "no key before the =")
    if parsed.is_sweep_override() or _holds_sweep(parsed.value()):
        raise _refused(
            text,
            text.find("=") + 1,
            "several values; dlcli sweep searches over them, and [a,b] is a list",
        )
    kind = _KINDS[parsed.type.name]
    key = parsed.key_or_group + (f"@{parsed.package}" if parsed.package else "")
    return Override(text, key, parsed.value(), kind, parsed)


def _holds_sweep(value: Any) -> bool:
    """Tell whether there are several values for one in a list or a mapping."""
    from hydra.core.override_parser.types import Glob, Sweep

    if isinstance(value, dict):
        return any(_holds_sweep(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_sweep(item) for item in value)
    return isinstance(value, (Glob, Sweep))


def _visit(text: str) -> Any:
    from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]
    from hydra.core.override_parser.overrides_parser import create_functions
    from hydra.core.override_parser.overrides_visitor import HydraOverrideVisitor
    from hydra.grammar.gen.OverrideLexer import OverrideLexer
    from hydra.grammar.gen.OverrideParser import OverrideParser

    listener = _Listener(text)
    lexer = OverrideLexer(InputStream(text))
    parser = OverrideParser(CommonTokenStream(lexer))
    for recognizer in (lexer, parser):
        recognizer.removeErrorListeners()
        recognizer.addErrorListener(listener)
    override = HydraOverrideVisitor(create_functions()).visit(parser.override())
    override.input_line = text
    return override


def _clashes(overrides: list[Override]) -> list[str]:
    """Return a message for each override that another one contradicts."""
    problems: list[str] = []
    for i, later in enumerate(overrides):
        for earlier in overrides[:i]:
            if later.key == earlier.key:
                problems.append(_clash(earlier, later, "given twice"))
            elif _contains(earlier, later) or _contains(later, earlier):
                problems.append(_clash(earlier, later, "one undoes the other"))
    return problems


def _contains(outer: Override, inner: Override) -> bool:
    replaces = outer.kind == "delete" or not isinstance(outer.value, str)
    return replaces and inner.key.startswith(f"{outer.key}.") and not _is_choice(outer)


def _is_choice(override: Override) -> bool:
    """Tell whether it may choose options of a group: callbacks=[default,timer]."""
    return isinstance(override.value, list) and "." not in override.key


def _clash(earlier: Override, later: Override, reason: str) -> str:
    first, second = redact_override(earlier.text), redact_override(later.text)
    return f"override {second}: {reason}, see {first}; keep one of them"

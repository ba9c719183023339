"""Read overrides in Hydra's grammar, with a caret under what it does not understand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
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
        sweep: the value is Hydra's object of several values.
    """

    text: str
    key: str
    value: Any
    kind: Kind
    parsed: Any
    sweep: bool = False


def parse(overrides: Sequence[str], sweeps: bool = False) -> tuple[list[Override], list[str]]:
    """Return the overrides, and one message for each that is wrong.

    Args:
        overrides: as the user wrote them.
        sweeps: several values for one are allowed.
    """
    parsed: list[Override] = []
    problems: list[str] = []
    for text in overrides:
        try:
            parsed.append(parse_one(text, sweeps))
        except Refused as error:
            problems.append(str(error))
    clashes = _clashes(parsed)
    return parsed, problems + clashes


class Refused(Exception):
    """An override that is not in the grammar.

    Args:
        shown: the override, secrets masked.
        reason: what is wrong with it.
        caret: the override with a mark below the place, empty where there is none to show.
    """

    def __init__(self, shown: str, reason: str, caret: str = "") -> None:
        super().__init__(f"override {shown}: {reason}{caret}")
        self.reason = reason


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


def _refused(text: str, position: int, reason: str) -> Refused:
    shown = redact_override(text)
    # A masked value has other columns: no caret then.
    caret = "" if shown != text else f"\n  {shown}\n  {' ' * position}^"
    return Refused(shown, reason, caret)


def refused(override: Override, reason: str) -> Refused:
    """Return the refusal of an override's value."""
    return _refused(override.text, override.text.find("=") + 1, reason)


def parse_one(text: str, sweeps: bool = False) -> Override:
    """Read one override.

    Raises:
        Refused: it is not in the grammar, or several values where they are not allowed.
    """
    from hydra.errors import HydraException

    if "\n" in text or "\0" in text:
        raise Refused(repr(text), "a line break or a NUL in it")
    try:
        parsed = _visit(text, sweeps)
    except HydraException as error:
        reason = str(error).partition("\n")[0]
        raise _refused(
            text, text.find("=") + 1, _explained(reason) if sweeps else reason
        ) from error
    if not parsed.key_or_group:
        raise _refused(text, 0, "no key before the =")
    kind = _KINDS[parsed.type.name]
    key = parsed.key_or_group + (f"@{parsed.package}" if parsed.package else "")
    sweep = parsed.is_sweep_override()
    override = Override(text, key, parsed.value(), kind, parsed, sweep)
    if not sweeps and (sweep or _holds_sweep(parsed.value())):
        several = "several values; dlcli sweep searches over them, and [a,b] is a list"
        raise refused(override, several)
    if not sweep and _holds_sweep(parsed.value()):
        raise refused(override, "a sweep inside a value; write choice([a],[b]) of whole values")
    return override


def _holds_sweep(value: Any) -> bool:
    """Tell whether there are several values for one in a list or a mapping."""
    from hydra.core.override_parser.types import Glob, Sweep

    if isinstance(value, dict):
        return any(_holds_sweep(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_sweep(item) for item in value)
    return isinstance(value, (Glob, Sweep))


def _visit(text: str, sweeps: bool) -> Any:
    from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]
    from hydra.core.override_parser.overrides_visitor import HydraOverrideVisitor
    from hydra.grammar.gen.OverrideLexer import OverrideLexer
    from hydra.grammar.gen.OverrideParser import OverrideParser

    listener = _Listener(text)
    lexer = OverrideLexer(InputStream(text))
    parser = OverrideParser(CommonTokenStream(lexer))
    for recognizer in (lexer, parser):
        recognizer.removeErrorListeners()
        recognizer.addErrorListener(listener)
    override = HydraOverrideVisitor(_functions(sweeps)).visit(parser.override())
    override.input_line = text
    return override


@cache
def _functions(sweeps: bool) -> Any:
    from hydra.core.override_parser.overrides_parser import create_functions

    functions = create_functions()
    if sweeps:
        from dlcli.config.sweep_functions import FUNCTIONS

        for name, function in FUNCTIONS.items():
            functions.definitions.pop(name, None)
            functions.register(name, function)
    return functions


# How what a user may write is written, for those who wrote it wrongly.
_USAGE = {
    "choice": "choice(A, B, C)",
    "interval": "interval(LOW, HIGH)",
    "range": "range(FIRST, LAST, STEP)",
    "tag": "tag(log, interval(LOW, HIGH))",
    "int": "int(interval(LOW, HIGH))",
    "glob": "glob(PATTERN)",
}
_FAILED = re.compile(r"\w+ while evaluating '(\w+) ?\(.*': (.*)")


def _explained(reason: str) -> str:
    """Return what Hydra says of a function that failed, with what to write instead."""
    failed = _FAILED.fullmatch(reason)
    if failed is None:
        return reason
    name, words = failed.groups()
    if words.startswith("Unknown function"):
        known = ", ".join(_USAGE[name] for name in ("choice", "interval", "range", "tag"))
        return f"there is no function {name}; write {known}"
    return words + (f"; write {_USAGE[name]}" if name in _USAGE else "")


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
    """Tell whether it may choose options of a group: callbacks=[default,timer], model=a,b."""
    return (override.sweep or isinstance(override.value, list)) and "." not in override.key


def _clash(earlier: Override, later: Override, reason: str) -> str:
    first, second = redact_override(earlier.text), redact_override(later.text)
    return f"override {second}: {reason}, see {first}; keep one of them"

"""Which runs a filter in MLflow's language means, also among those that no store knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from dlcli.errors import ConfigError
from dlcli.tracking.mlflow_filter import search_utils
from dlcli.tracking.near import did_you_mean, nearest
from dlcli.tracking.run_record import RunRecord

STATUSES = ("RUNNING", "FINISHED", "FAILED", "KILLED", "SCHEDULED")
# What MLflow calls the kinds of names, how they are written in a filter, and where a record has
# them.
KINDS = {"metric": "metrics", "parameter": "params", "tag": "tags"}
LONGEST = 80  # characters of a filter that a message repeats
VALUES = 5  # that a message names

OWN = ("dlcli.", "mlflow.")  # how tags begin that nobody gave

_NAME = re.compile(r"(?:(metric|param|parameter|tag|attribute|attr)s?\.)?[`\"]?([^`\"\s=<>!]+)")
_SET = re.compile(r"'?\{([^{}]*)\}'?")  # in MLflow's messages, in an order that changes


@dataclass(frozen=True)
class Clause:
    """One comparison of a filter.

    Args:
        text: as it was written.
        start: where, in characters from 1.
        kind: ``metric``, ``parameter``, ``tag``, ``attribute`` or ``dataset``.
        key: the name that is compared.
        comparator: in capitals.
        value: what it is compared with.
    """

    text: str
    start: int
    kind: str = ""
    key: str = ""
    comparator: str = ""
    value: Any = None

    def refused(self, reason: str) -> ConfigError:
        """What is wrong with it."""
        text = self.text if len(self.text) <= LONGEST else f"{self.text[:LONGEST]}…"
        return ConfigError(f"--where, character {self.start}: {text}: {reason}")


class Filter:
    """A filter over recorded runs.

    Args:
        text: in MLflow's language: comparisons of ``metrics.``, ``params.``, ``tags.`` and
            ``attributes.``, joined by AND.
        records: the runs that it is about, whose names it may use.

    Raises:
        ConfigError: it cannot be read, or compares what no run has.
    """

    def __init__(self, text: str, records: Sequence[RunRecord]) -> None:
        self._records = records
        self._search = search_utils()
        self._names = {
            kind: list(dict.fromkeys(name for one in records for name in getattr(one, place)))
            for kind, place in KINDS.items()
        }
        self.warnings: list[str] = []
        self.clauses = [self._parsed(clause) for clause in _split(text)]
        if not self.clauses:
            raise ConfigError('--where: the filter is empty; e.g. "metrics.`test/acc` > 0.9"')
        if records:
            for clause in self.clauses:
                self._check(clause)

    def matching(self) -> list[RunRecord]:
        """The runs that it means, in their order."""
        found = [_as_mlflow(one) for one in self._records]
        for clause in self.clauses:
            found = self._search.filter(found, clause.text)
        return [one.record for one in found]

    def counts(self) -> list[str]:
        """How many runs each of its clauses means alone, a line each."""
        runs = [_as_mlflow(one) for one in self._records]
        lines = []
        for clause in self.clauses:
            count = len(self._search.filter(runs, clause.text))
            recorded = "" if count else self._values(clause)
            lines.append(f"{clause.text}: {count} of {len(runs)} runs{recorded}")
        return lines

    def _parsed(self, clause: Clause) -> Clause:
        """The same clause, understood.

        Raises:
            ConfigError: with MLflow's reason.
        """
        try:
            parsed = self._search.parse_search_filter(clause.text)
            if len(parsed) != 1:
                raise ValueError("not one comparison")
            # some comparators are only looked at when there is a run
            self._search.filter([_as_mlflow(_NOBODY)], clause.text)
        except Exception as error:  # MLflow's own, and what its parser stumbles over
            reason = _tidy(str(error)) or "cannot be read"
            raise clause.refused(f"{reason}{self._advice(clause)}") from error
        found = parsed[0]
        comparator = found["comparator"].upper()
        return Clause(
            clause.text, clause.start, found["type"], found["key"], comparator, found["value"]
        )

    def _advice(self, clause: Clause) -> str:
        """What may have been meant by a clause that cannot be read."""
        if re.search(r"\bor\b|\|\|", re.sub(r"'[^']*'|`[^`]*`", "", clause.text), re.IGNORECASE):
            return "; clauses are joined by AND alone"
        match = _NAME.match(clause.text)
        prefix, name = (match[1] or "", match[2]) if match else ("", "")
        kinds = [kind for kind in KINDS if kind.startswith(prefix[:5])]
        written = {one: _written(kind, one) for kind in kinds for one in self._names[kind]}
        if name in written:
            as_written = clause.text.startswith(written[name])
            return "" if as_written else f"; write {written[name]}"
        said = [one for one in written if prefix or not one.startswith(OWN)]
        return did_you_mean([written[one] for one in nearest(name, said)] if name else [])

    def _check(self, clause: Clause) -> None:
        """Refuse a clause that cannot mean any run because of a mistyped name."""
        if clause.kind == "attribute" and clause.key == "status":
            self._check_status(clause)
        if clause.kind not in KINDS or clause.key in self._names[clause.kind]:
            return
        what = f"no run has the {clause.kind} {clause.key!r}"
        if clause.comparator.endswith("NULL"):
            self.warnings.append(f"--where: {clause.text}: {what}")
            return
        near = nearest(clause.key, self._names[clause.kind])
        raise clause.refused(what + did_you_mean([_written(clause.kind, name) for name in near]))

    def _check_status(self, clause: Clause) -> None:
        if clause.comparator in ("=", "!=") and clause.value not in STATUSES:
            near = nearest(str(clause.value).upper(), STATUSES)
            known = did_you_mean(near) or f"; one of {', '.join(STATUSES)}"
            raise clause.refused(f"no status {clause.value!r}{known}")

    def _values(self, clause: Clause) -> str:
        """What runs have where a clause asks for another text."""
        if clause.kind not in ("parameter", "tag") or clause.comparator.endswith("NULL"):
            return ""
        place = KINDS[clause.kind]
        have = (getattr(one, place).get(clause.key) for one in self._records)
        values = [text for text in dict.fromkeys(have) if text is not None]
        more = ", …" if len(values) > VALUES else ""
        return f"; recorded are {', '.join(values[:VALUES])}{more}" if values else ""


def _written(kind: str, name: str) -> str:
    return f"{KINDS[kind]}.`{name}`"


def _split(text: str) -> Iterator[Clause]:
    """The clauses between the ANDs that are none of a string.

    Raises:
        ConfigError: the parser of SQL gives up.
    """
    import sqlparse

    start = position = 0
    try:
        statements = sqlparse.parse(text)
    except Exception as error:
        raise Clause(text, 1).refused(f"cannot be read ({_tidy(str(error))})") from error
    for statement in statements:
        for token in statement.flatten():  # type: ignore[no-untyped-call]
            if token.is_keyword and token.normalized == "AND":
                yield from _clause(text, start, position)
                start = position + len(token.value)
            position += len(token.value)
    yield from _clause(text, start, len(text))


def _clause(text: str, start: int, end: int) -> Iterator[Clause]:
    part = text[start:end]
    if part.strip():
        yield Clause(part.strip(), start + len(part) - len(part.lstrip()) + 1)


def _tidy(message: str) -> str:
    """MLflow's reason on one line, its sets in an order that stays."""

    def ordered(match: re.Match[str]) -> str:
        return ", ".join(sorted(part.strip(" '") for part in match[1].split(",")))

    line = " ".join(_SET.sub(ordered, message).split())
    return line if len(line) <= 4 * LONGEST else f"{line[: 4 * LONGEST]}…"


def _as_mlflow(record: RunRecord) -> SimpleNamespace:
    """A run as MLflow's matcher reads it."""
    end = None if record.duration_s is None else record.started + record.duration_s
    info = SimpleNamespace(
        run_id=record.store_id or record.id,
        run_name=record.name,
        user_id=record.tags.get("mlflow.user", ""),
        status=record.status,
        start_time=round(record.started * 1000),
        end_time=None if end is None else round(end * 1000),
        artifact_uri="" if record.folder is None else (record.folder / "artifacts").as_uri(),
    )
    data = SimpleNamespace(metrics=record.metrics, params=record.params, tags=record.tags)
    inputs = SimpleNamespace(dataset_inputs=[])
    return SimpleNamespace(info=info, data=data, inputs=inputs, record=record)


_NOBODY = RunRecord("", "", "", "", 0.0, None, {}, {}, {}, None)

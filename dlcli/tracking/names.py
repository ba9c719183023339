"""Names that people read: of runs, metrics and parameters."""

from __future__ import annotations

import hashlib
import posixpath
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from dlcli.errors import ConfigError

LONGEST = 100  # characters of a run's name
KEY_LENGTH = 250  # MLflow's limit on the name of a metric, parameter or tag

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_ID = re.compile(r"[0-9a-f]{32}\Z")
_ADJECTIVES = """
    able amber brave brisk calm clear clever cosy crisp eager early fair fast fine fond gentle
    glad golden grand happy keen kind light lively loyal lucky merry mild neat nimble noble
    patient plain proud quick quiet rapid ready silent silver smart smooth solid steady still
    sunny sweet swift tidy true vivid warm wise witty young
"""
_NOUNS = """
    badger beaver birch bison brook cedar cliff cloud condor coral crane creek daisy dolphin
    eagle falcon fern finch forest fox glacier grove hare harbor hawk heron hill island ivy
    jay lake lark lynx maple marten meadow moose moss oak ocean orca otter owl panda pebble
    pine plover pond raven reef river robin sparrow stone swan thrush tiger trout valley wave
    willow wolf wren
"""


def generate() -> str:
    """A readable name, from the system's random numbers so that no seeded state moves."""
    draw = random.SystemRandom()
    adjective, noun = draw.choice(_ADJECTIVES.split()), draw.choice(_NOUNS.split())
    return f"{adjective}-{noun}-{draw.randint(100, 999)}"


def is_id(text: str) -> bool:
    """Whether it looks like the id of a run."""
    return bool(_ID.match(text))


def slug(text: str) -> str:
    """The nearest name that is allowed; "" where nothing of ``text`` can be kept."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)
    return re.sub(r"\.{2,}", ".", kept).strip("-._")[:LONGEST]


def told_apart(names: Sequence[str], ids: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """What to call runs: by name, with the beginning of the id where that is not enough.

    Args:
        names: of the runs.
        ids: of the same; "" where there is none, or where two may be alike: they are numbered.
        taken: what none of them may be called.
    """
    counts = Counter([*names, *taken])
    found = [
        name if counts[name] == 1 else f"{name} {run_id[:8]}".rstrip()
        for name, run_id in zip(names, ids, strict=True)
    ]
    counts = Counter([*found, *taken])
    return [
        label if counts[label] == 1 else f"{label} ({number})"
        for number, label in enumerate(found, 1)
    ]


def check_name(name: str) -> str:
    """``name`` unchanged where a run may be called that.

    Raises:
        ConfigError: it holds other characters than ASCII letters, digits, ``.``, ``_`` and ``-``
            (so no separators, control characters or look-alikes), is too long, or means
            something else where a RUN is asked for.
    """
    problem = _problem(name)
    if problem is None:
        return name
    near = slug(name)
    advice = f"; try --name {near}" if near and _problem(near) is None else ""
    raise ConfigError(f"--name {name[:LONGEST]!r}: {problem}{advice}")


def _problem(name: str) -> str | None:
    if not name:
        return "a name cannot be empty"
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters, this one {len(name)}"
    if name == "latest":
        return "'latest' means the newest run"
    if _ID.match(name):
        return "this looks like a run id"
    if not _NAME.match(name) or ".." in name:
        return (
            "a name is made of a-z, A-Z, 0-9, '.', '_' and '-', and starts with a letter or digit"
        )
    return None


def clean_key(name: str) -> str:
    """A metric's or parameter's name as MLflow takes it."""
    kept = re.sub(r"[^\w/.\- :]", "_", name, flags=re.ASCII) or "_"
    if posixpath.normpath(kept) != kept or kept.startswith(("/", ".")):
        kept = "/".join(part for part in kept.split("/") if part.strip(".")) or "_"
    if len(kept) <= KEY_LENGTH:
        return kept
    return f"{kept[: KEY_LENGTH - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class CleanKeys:
    """Cleaned names that stay different: two that clean to one are refused."""

    def __init__(self) -> None:
        self._cleaned: dict[str, str] = {}
        self._origin: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The cleaned ``name``; ConfigError when another name is recorded under it already."""
        known = self._cleaned.get(name)
        return known if known is not None else self._add(name)

    def _add(self, name: str) -> str:
        cleaned = clean_key(name)
        other = self._origin.setdefault(cleaned, name)
        if other != name:
            raise ConfigError(
                f"the names {other!r} and {name!r} would both be recorded as {cleaned!r}; "
                "rename one of them"
            )
        self._cleaned[name] = cleaned
        return cleaned

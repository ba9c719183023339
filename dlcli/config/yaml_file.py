"""Read one configuration file, safely: its values, its package, and the line of each key."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dlcli.errors import ConfigError

if TYPE_CHECKING:
    import yaml

# A configuration file is written by hand; the largest of ours has 2 kB.
MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 50

# YAML 1.1 reads 1e-3 as a string; this is the pattern that OmegaConf puts in its place.
_FLOAT = re.compile(
    r"""^(?:[-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
    |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$""",
    re.VERBOSE,
)
_INTEGER = re.compile(r"^[-+]?(?:0b[0-1_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
_PACKAGE = re.compile(r"^\s*#\s*@package\s+(\S+)\s*$")
_PREFIX = "tag:yaml.org,2002:"
_TAGS = {"str", "int", "float", "bool", "null", "map", "seq", "merge"}


@dataclass(frozen=True)
class ConfigFile:
    """What one configuration file says.

    Args:
        label: the name under which the file is shown: ``conf/optimizer/adam.yaml``.
        values: its content, without the defaults list.
        defaults: its defaults list, as written.
        package: the ``@package`` of its header, if any.
        lines: the line of each dotted key, counted from 1.
    """

    label: str
    values: dict[str, Any]
    defaults: list[Any]
    package: str | None = None
    lines: dict[str, int] = field(default_factory=dict)


def read(path: Path, label: str) -> ConfigFile:
    """Read and check one file.

    Raises:
        ConfigError: it cannot be read, is too large, is no UTF-8 or YAML, repeats a key, or
            holds more than values.
    """
    text = _text(path, label)
    reading = _Reading(label)
    values = reading.document(text)
    defaults = values.pop("defaults", None)
    if defaults is not None and not isinstance(defaults, list):
        raise ConfigError(f"{label}: defaults: not a list, {defaults!r}")
    return ConfigFile(label, values, defaults or [], _package(text), reading.lines)


def _text(path: Path, label: str) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(f"{label}: {size:,} bytes; at most {MAX_BYTES:,} are read")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{label}:{line}: not UTF-8, byte {error.object[error.start]:#x}"
        ) from error
    except OSError as error:
        raise ConfigError(f"{label}: cannot be read: {error.strerror}") from error


def _package(text: str) -> str | None:
    """Return the package of the header: Hydra's own reading stops at the first plain comment."""
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return None
        if found := _PACKAGE.match(line):
            return found[1]
    return None


@cache
def _loader() -> type[yaml.SafeLoader]:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("Loader", (base,), {"yaml_implicit_resolvers": _resolvers(base)})
    loader.add_implicit_resolver(_PREFIX + "float", _FLOAT, list("-+0123456789."))
    loader.add_implicit_resolver(_PREFIX + "int", _INTEGER, list("-+0123456789"))
    return cast("type[yaml.SafeLoader]", loader)


def _resolvers(base: Any) -> dict[str, list[Any]]:
    """Return YAML's own rules without its dates, and its numbers (12:30 would be one)."""
    dropped = {_PREFIX + name for name in ("timestamp", "float", "int")}
    rules = base.yaml_implicit_resolvers.items()
    return {first: [rule for rule in known if rule[0] not in dropped] for first, known in rules}


class _Reading:
    """One pass over a document, which counts what it builds: aliases can multiply it."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.lines: dict[str, int] = {}
        self.nodes = 0

    def document(self, text: str) -> dict[str, Any]:
        import yaml

        loader = _loader()(text)
        try:
            self._check_depth(text)
            root = loader.get_single_node()
            if root is None:
                return {}
            values = self._value(root, loader, "", 0)
        except yaml.MarkedYAMLError as error:
            raise self._invalid(error) from error
        except yaml.YAMLError as error:
            first_line = str(error).partition("\n")[0]
            raise ConfigError(f"{self.label}: not valid YAML: {first_line}") from error
        finally:
            loader.dispose()
        if values is None:
            return {}
        if not isinstance(values, dict):
            raise ConfigError(f"{self.label}:1: expected keys and values, got {values!r:.60}")
        return values

    def _check_depth(self, text: str) -> None:
        import yaml

        depth = 0
        for event in yaml.parse(text, Loader=_loader()):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                raise self._refusal(event, f"nested deeper than {MAX_DEPTH} levels")

    def _value(self, node: yaml.Node, loader: yaml.SafeLoader, key: str, depth: int) -> Any:
        import yaml

        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise self._refusal(node, f"more than {MAX_NODES:,} values, or aliases that never end")
        if node.tag.removeprefix(_PREFIX) not in _TAGS:
            raise self._refusal(node, f"the tag {node.tag.replace(_PREFIX, '!!')} is not allowed")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loader, key, depth)
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            return [self._value(n, loader, f"{key}.{i}", depth + 1) for i, n in items]
        try:
            return loader.construct_object(node, deep=True)
        except ValueError as error:
            raise self._refusal(node, f"{error}") from error

    def _mapping(
        self, node: yaml.MappingNode, loader: yaml.SafeLoader, key: str, depth: int
    ) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        for name_node, value_node in node.value:
            if name_node.tag == _PREFIX + "merge":
                raise self._refusal(
                    name_node, "merge keys (<<) are not allowed; use a defaults list"
                )
            name = self._value(name_node, loader, key, depth + 1)
            if not isinstance(name, Hashable) or name is None:
                raise self._refusal(name_node, f"not a key, {name!r}")
            if name in values:
                raise self._refusal(name_node, f"the key {name} stands here twice")
            path = f"{key}.{name}" if key else str(name)
            self.lines.setdefault(path, name_node.start_mark.line + 1)
            values[name] = self._value(value_node, loader, path, depth + 1)
        return values

    def _invalid(self, error: yaml.MarkedYAMLError) -> ConfigError:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = error.problem or "not valid"
        if "cannot start any token" in problem:
            problem = "a tab or another character that cannot start a value; indent with spaces"
        return ConfigError(f"{self.label}:{line}: not valid YAML: {problem}")

    def _refusal(self, place: Any, problem: str) -> ConfigError:
        return ConfigError(f"{self.label}:{place.start_mark.line + 1}: {problem}")

"""A span of time as people write it: ``30m``, ``1.5h``, ``90s`` or a number of seconds."""

from __future__ import annotations

import math
import re

from dlcli.errors import ConfigError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TEXT = re.compile(r"(\d+\.?\d*|\.\d+)\s*([smhd]?)")


def seconds(value: float | str | None, key: str) -> float | None:
    """The number of seconds, None for no limit.

    Args:
        key: where the value stands, for the message.

    Raises:
        ConfigError: it is no positive span of time.
    """
    if value is None:
        return None
    number = _parse(value)
    if number is None or not 0 < number < math.inf:
        raise ConfigError(
            f"{key}: {value!r} is no span of time; write 90s, 30m, 1.5h, 2d or null for no limit"
        )
    return number


def _parse(value: float | str) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    found = _TEXT.fullmatch(value.strip().lower())
    return float(found[1]) * _UNITS[found[2] or "s"] if found else None

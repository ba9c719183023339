"""Spans of time as a person reads them."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86_400
# From how many seconds on which unit is used.
_UNITS = ((2 * 365 * DAY, 365 * DAY, "years"), (2 * DAY, DAY, "days"), (2 * HOUR, HOUR, "h"))


def age(seconds: float) -> str:
    """How long ago: 12 s ago, 3 min ago, 5 h ago, 4 days ago, 2 years ago."""
    for least, unit, name in _UNITS:
        if seconds >= least:
            return f"{int(seconds / unit)} {name} ago"
    if seconds >= 2 * MINUTE:
        return f"{int(seconds / MINUTE)} min ago"
    return f"{max(0, int(seconds))} s ago"


def span(seconds: float | None) -> str:
    """How long: 3.1 s, 4 min 10 s, 2 h 5 min; "" where that is not known."""
    if seconds is None:
        return ""
    if seconds < MINUTE - 0.05:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"

"""A seed for every draw, so that no generator's state need survive a process."""

from __future__ import annotations

import hashlib
import json


def derived(seed: int, *parts: int | str) -> int:
    """A seed of 32 bits for what the parts name: a trial's number, a parameter."""
    text = json.dumps([seed, *parts])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

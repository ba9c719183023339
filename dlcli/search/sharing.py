"""Which GPU a trial gets, and which one gets no more of them."""

from __future__ import annotations

from collections.abc import Sequence

TOLERATED = 1  # failures in a row that may have been the trial's own


class Devices:
    """GPUs to be shared out, one to a trial.

    Args:
        names: as CUDA_VISIBLE_DEVICES is to hold them; none for trials that run without.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._failures = dict.fromkeys(names, 0)
        self._free = list(names)

    def __len__(self) -> int:
        return len(self._failures)

    def take(self) -> str | None:
        """A free device; None where trials run without.

        Raises:
            LookupError: all are in use.
        """
        if not self._failures:
            return None
        if not self._free:
            raise LookupError("no free device")
        return self._free.pop(0)

    def give_back(self, device: str, failed: bool) -> str | None:
        """Let the next trial have a device; returns what to tell where it gets no more of them.

        Args:
            failed: whether its trial was killed, or saw an error of the device.
        """
        self._failures[device] = self._failures[device] + 1 if failed else 0
        if self._failures[device] > TOLERATED and len(self._failures) > 1:
            count = self._failures.pop(device)
            return f"GPU {device}: {count} trials in a row failed on it; it gets no more of them"
        self._free.append(device)
        return None

"""What an exception in the middle of a training means to the person who started it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from traceback import extract_tb
from typing import Any

import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException

from dlcli.config.own_code import described, failing_line, first_line
from dlcli.errors import DlcliError, Stopped, TrainingError

# How PyTorch says that the host's memory is used up, and CUDA's libraries that a GPU's is.
_FULL = (
    *("can't allocate memory", "not enough memory", "CUDA error: out of memory"),
    *("CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"),
)


@contextmanager
def failures_explained(data: Any, allow: Sequence[str] = ()) -> Iterator[None]:
    """Turn what a device, Lightning or the user's own code raises into errors that say what to do.

    A bug of ours passes as it is, with its traceback.

    Args:
        data: the data module, whose batch size is named.
        allow: the user's own packages.

    Raises:
        TrainingError: out of memory, or an error in the user's code, by its file and line.
        Stopped: a Ctrl-C that reached Lightning before our own handler was there.
    """
    try:
        yield
    except DlcliError:
        raise
    except SystemExit as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # what Lightning makes of one
            raise Stopped("stopped by SIGINT", 2) from error
        place = failing_line(error, allow) or "a library"
        raise TrainingError(f"{place}: SystemExit: it ended the program itself") from error
    except Exception as error:
        meant = explanation(error, data, allow)
        if meant is None:
            raise
        raise meant from error


def explanation(error: Exception, data: Any, allow: Sequence[str]) -> TrainingError | None:
    """What to tell of an error; None for a bug of ours."""
    if is_out_of_memory(error):
        return out_of_memory(data)
    place = failing_line(error, allow)
    if place is not None:
        return TrainingError(f"{place}: {described(error)}")
    if "DataLoader worker" in str(error):
        return TrainingError(f"data: {first_line(error)}; the rest of the data cannot be loaded")
    if isinstance(error, MisconfigurationException):
        return TrainingError(f"Lightning refuses to train: {first_line(error)}")
    if is_lost_peer(error):
        return TrainingError(
            "another process of this run ended, so none can go on; its own error, if it had time "
            "for one, is above. Go on with --resume",
            reason="lost process",
        )
    return None


def is_lost_peer(error: Exception) -> bool:
    """Whether torch.distributed lost the connection to another process."""
    files = [frame.filename for frame in extract_tb(error.__traceback__)]
    return isinstance(error, RuntimeError) and any("torch/distributed/" in name for name in files)


def is_out_of_memory(error: Exception) -> bool:
    """Whether a device or the host had no memory left."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


def out_of_memory(data: Any) -> TrainingError:
    """What to do about it."""
    size = getattr(data, "batch_size", "unknown")
    peak = ""
    if torch.cuda.is_available():
        peak = f" (peak {torch.cuda.max_memory_allocated() / 1e9:.1f} GB)"
    return TrainingError(
        f"data.batch_size={size}: out of memory{peak}; "
        "use a smaller batch, with trainer.accumulate_grad_batches for the same effect",
        reason="oom",
    )

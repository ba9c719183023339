"""What a language model writes at the end of its training, as a file of its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule

from dlcli.training.checkpoint import write_text
from dlcli.training.sample import LanguageModel, Sampling

FILE = "sample.txt"
HOW = Sampling(length=200)


def write_sample(model: LightningModule, data: Any, artifacts: Path) -> None:
    """Write ``sample.txt``; of a model of anything but a text, or a compiled one, nothing.

    Args:
        model: in evaluation mode.
        data: what it was trained on; that of a text says how to read and write it.
        artifacts: of the run.
    """
    net = getattr(model, "net", None)
    # a compiled net would be compiled again for every length of the text
    if not hasattr(data, "language") or not isinstance(net, torch.nn.Module) or is_compiled(net):
        return
    tokenizer, spec = data.language()
    written = LanguageModel(net, tokenizer, spec).write("", HOW)
    write_text(artifacts / FILE, "".join(written) + "\n")


def is_compiled(net: torch.nn.Module) -> bool:
    """Whether ``torch.compile`` is at work."""
    return getattr(net, "_compiled_call_impl", None) is not None

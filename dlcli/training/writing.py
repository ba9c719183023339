"""What a language model writes by itself, as files of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule

from dlcli.training.checkpoint import write_text
from dlcli.training.sample import LanguageModel, Sampling

FILE = "sample.txt"
HOW = Sampling(length=200)
TEMPERATURES = (0.5, 0.8, 1.0)


def write_sample(model: LightningModule, data: Any, artifacts: Path) -> None:
    """Write ``sample.txt``; of a model of anything but a text, or a compiled one, nothing.

    Args:
        model: in evaluation mode.
        data: what it was trained on; that of a text says how to read and write it.
        artifacts: of the run.
    """
    writer = language_model_of(model, data)
    if writer is not None:
        write_text(artifacts / FILE, "".join(writer.write("", HOW)) + "\n")


def write_samples(model: LightningModule, data: Any, path: Path, seed: int) -> bool:
    """Write a file of one text for each of several temperatures; whether there is one.

    Args:
        model: in evaluation mode; see ``write_sample``.
        data: as above.
        path: of the file.
        seed: what the texts come from.
    """
    writer = language_model_of(model, data)
    if writer is None:
        return False
    texts = []
    for temperature in TEMPERATURES:
        how = replace(HOW, temperature=temperature, seed=seed)
        texts.append(f"--- temperature {temperature}\n{''.join(writer.write('', how))}\n")
    write_text(path, "".join(texts))
    return True


def language_model_of(model: LightningModule, data: Any) -> LanguageModel | None:
    """A model beside the vocabulary of its data; None where it can write no text."""
    net = getattr(model, "net", None)
    # a compiled net would be compiled again for every length of the text
    if not hasattr(data, "language") or not isinstance(net, torch.nn.Module) or is_compiled(net):
        return None
    tokenizer, spec = data.language()
    return LanguageModel(net, tokenizer, spec)


def is_compiled(net: torch.nn.Module) -> bool:
    """Whether ``torch.compile`` is at work."""
    return getattr(net, "_compiled_call_impl", None) is not None

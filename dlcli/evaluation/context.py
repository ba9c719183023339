"""What context is worth to a language model: its loss by the place of a token in its block."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional

from dlcli.evaluation.case import Case
from dlcli.evaluation.looking import batches
from dlcli.figure import BLUE, DARK, bare, save


def losses(case: Case) -> Tensor:
    """For each place in a block the number of tokens, the sum of their bits, and of its square.

    Returns:
        ``(3, T)``, in double precision.
    """
    sums = torch.zeros(3, case.spec.shape[0], dtype=torch.float64)
    for inputs, targets in batches(case):
        logits = case.model(inputs).float()
        nats = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
        counted = (targets != case.spec.padding).double() if case.spec.padding is not None else 1.0
        bits = nats.double() / math.log(2) * counted
        parts = (torch.ones_like(bits) * counted, bits, bits.square())
        sums[:, : bits.shape[1]] += torch.stack([part.sum(0) for part in parts]).cpu()
    return sums[:, sums[0] > 0]


def draw_context(case: Case, path: Path) -> None:
    """Draw the mean bits a token by how many tokens came before it in its block.

    Around the line is twice the standard error of the mean.
    """
    counts, total, squares = losses(case)
    mean = total / counts
    spread = (squares / counts - mean.square()).clamp(min=0).sqrt()
    error = spread / counts.sqrt()
    context = torch.arange(1, len(mean) + 1)
    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    panel = figure.subplots()
    panel.fill_between(
        context, mean - 2 * error, mean + 2 * error, color=BLUE, alpha=0.25, linewidth=0
    )
    panel.plot(context, mean, color=BLUE, marker="." if len(mean) < 100 else None)
    whole = float(total.sum() / counts.sum())
    panel.axhline(whole, color=DARK, linestyle="--", linewidth=1, label=f"mean {whole:.3g}")
    panel.set(xlabel="tokens of context", ylabel="loss (bits a token)")
    panel.legend(frameon=False)
    bare(panel)
    numbers = {
        "context": context.tolist(),
        "bits": mean.tolist(),
        "standard_error": error.tolist(),
        "tokens": counts.long().tolist(),
    }
    save(figure, path, numbers)

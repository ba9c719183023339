"""What a generator makes: samples, ways between latent points, and real examples beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from dlcli.data.picture import Picture
from dlcli.evaluation.case import Case, Shown
from dlcli.evaluation.looking import batches, looking
from dlcli.training.drawing import draw_beside
from dlcli.training.pictures import draw_pictures

EACH = 5  # real examples in a row


def show(case: Case) -> Shown:
    """The pictures of training, and the samples beside real examples of the split.

    They are made from the same latent numbers as in training, so that they can be compared with
    the pictures of its epochs. The metrics of a generator are measured like all others.
    """
    if not callable(getattr(case.model, "pictures", None)):
        return Shown()
    folder = case.artifacts / "figures"
    beside = f"real_and_generated_{case.split}.png"
    with looking(case):
        files = draw_pictures(case.model, folder, f"on {case.split}", f"{{name}}_{case.split}.png")
        made: dict[str, Picture] = case.model.pictures()  # type: ignore[operator]
        samples = made.get("samples")
        if samples is not None and samples.examples.shape[2:] == case.spec.shape:
            draw_beside(compared(samples, batches(case), case), folder / beside)
            files = [beside, *files]
    return Shown(files=[f"figures/{file}" for file in files])


def compared(samples: Picture, read: Iterable[Any], case: Case) -> dict[str, Picture]:
    """Real examples and generated ones, in as many rows, each row of the same class."""
    rows = len(samples.examples)
    classes = bool(samples.rows) and samples.rows == case.spec.classes[:rows]
    real = by_class(read, rows, case) if classes else anything(read, rows, case)
    return {
        f"real ({case.split})": Picture(
            unit(real, case).clamp(0, 1), samples.rows if classes else ()
        ),
        "generated": Picture(samples.examples[:, :EACH], () if classes else samples.rows),
    }


def anything(read: Iterable[Any], rows: int, case: Case) -> Tensor:
    """Examples picked at random, ``(rows, EACH, *shape)``."""
    inputs = torch.cat([batch[0].cpu() for batch in read])
    return picked(inputs, rows * EACH, case).view(rows, EACH, *inputs.shape[1:])


def by_class(read: Iterable[Any], rows: int, case: Case) -> Tensor:
    """Examples of each class picked at random, ``(rows, EACH, *shape)``."""
    pairs = [(inputs.cpu(), labels.cpu()) for inputs, labels in read]
    inputs, labels = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    return torch.stack([picked(inputs[labels == row], EACH, case) for row in range(rows)])


def picked(inputs: Tensor, count: int, case: Case) -> Tensor:
    """So many of some examples at random; black ones where there are too few."""
    order = torch.randperm(len(inputs), generator=torch.Generator().manual_seed(case.seed))
    found = inputs[order[:count]]
    lacking = torch.full((count - len(found), *case.spec.shape), case.spec.low)
    return torch.cat([found, lacking.to(found)])


def unit(inputs: Tensor, case: Case) -> Tensor:
    """Prepared inputs on the scale where ``spec.low`` is 0 and ``spec.high`` is 1."""
    return (inputs - case.spec.low) / ((case.spec.high - case.spec.low) or 1.0)

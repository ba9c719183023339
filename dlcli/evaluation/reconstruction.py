"""What an autoencoder gives back: how well, of which examples worst, and where its codes lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from dlcli.data.picture import Picture
from dlcli.evaluation import pictures
from dlcli.evaluation.case import Case, Shown
from dlcli.evaluation.looking import batches, looking
from dlcli.figure import BLUE, DARK, bare, save
from dlcli.training.drawing import draw_picture
from dlcli.training.pictures import draw_pictures, draw_scatters

WORST = 10


@dataclass(frozen=True)
class Rebuilt:
    """The examples of a split beside what became of them; on the CPU.

    Args:
        errors: the mean squared error of each, inputs scaled to [0, 1], ``(N,)``.
        targets: what the data asks of each, ``(N, ...)``.
        worst: the places of the largest errors, the largest first.
        rows: of these ``input``, ``noisy`` where it was read with noise, and ``output``, each
            ``(len(worst), *shape)``.
    """

    errors: Tensor
    targets: Tensor
    worst: Tensor
    rows: dict[str, Tensor]


def show(case: Case) -> Shown:
    """Originals over reconstructions, the worst of them, errors, and codes by class.

    Of a model of the user's own that does not say how it reads an example, its pictures alone.
    """
    if not all(callable(getattr(case.model, name, None)) for name in ("unit", "noised")):
        return pictures.show(case)
    folder, when = case.artifacts / "figures", f"on {case.split}"
    with looking(case):
        pattern = f"{{name}}_{case.split}.png"
        drawn = draw_pictures(case.model, folder, when, pattern)
        codes = draw_scatters(case.model, folder, when, pattern)
        rebuilt = rebuild(case)
    worst, errors = (pattern.format(name=name) for name in ("worst", "errors"))
    draw_worst(rebuilt, case, folder / worst)
    draw_errors(rebuilt, case, folder / errors)
    files = [*drawn[:1], worst, errors, with_numbers(errors), *drawn[1:]]
    files += [file for png in codes for file in (png, with_numbers(png))]
    return Shown(files=[f"figures/{file}" for file in files])


def with_numbers(png: str) -> str:
    """The CSV beside a figure."""
    return str(Path(png).with_suffix(".csv"))


def rebuild(case: Case) -> Rebuilt:
    """Give back every example of the split, as the metrics were measured."""
    model: Any = case.model
    stage = "val" if case.split == "val" else "test"
    errors, targets = [], []
    kept: tuple[Tensor, ...] = ()  # of the worst so far their error, place, input and so on
    count = 0
    for index, (inputs, target) in enumerate(batches(case)):
        noisy = model.noised(inputs, stage, index)
        three = (model.unit(inputs.float()), model.unit(noisy), model(noisy))
        rows = [row.float() for row in three]  # half precision would round the errors
        error = (rows[-1] - rows[0]).square().flatten(1).mean(1)
        places = torch.arange(count, count + len(error))
        new = tuple(part.cpu() for part in (error, places, *rows))
        kept = worst_of(kept, new)
        errors.append(new[0])
        targets.append(target.cpu())
        count += len(error)
    _, worst, clean, read, output = kept
    named = {"input": clean, "noisy": read, "output": output}
    if not model.noise:
        del named["noisy"]
    return Rebuilt(torch.cat(errors), torch.cat(targets), worst, named)


def worst_of(kept: tuple[Tensor, ...], new: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The examples with the largest errors, which come first in either."""
    parts = [torch.cat(pair) for pair in zip(kept, new, strict=True)] if kept else list(new)
    order = parts[0].argsort(descending=True, stable=True)[:WORST]
    return tuple(part[order] for part in parts)


def draw_worst(rebuilt: Rebuilt, case: Case, path: Path) -> None:
    """Draw the worst reconstructions under the originals; above each its place and its error."""
    errors = rebuilt.errors[rebuilt.worst].tolist()
    above = tuple(
        f"#{place}\n{error:.3g}"
        for place, error in zip(rebuilt.worst.tolist(), errors, strict=True)
    )
    grid = torch.stack([row.clamp(0, 1) for row in rebuilt.rows.values()])
    title = f"worst reconstructions on {case.split}: example, mean squared error"
    draw_picture(Picture(grid, tuple(rebuilt.rows), above), title, path)


def draw_errors(rebuilt: Rebuilt, case: Case, path: Path) -> None:
    """Draw how many examples have which error; the numbers are those of each example."""
    errors = rebuilt.errors.double().numpy()
    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    panel = figure.subplots()
    panel.hist(errors[np.isfinite(errors)], bins="auto", color=BLUE)
    mean = float(errors.mean())
    panel.axvline(mean, color=DARK, linestyle="--", label=f"mean {mean:.3g}")
    panel.set(xlabel="mean squared error of an example, inputs in [0, 1]", ylabel="examples")
    panel.legend(frameon=False)
    bare(panel)
    numbers: dict[str, Any] = {"example": range(len(errors)), "mse": errors.tolist()}
    if case.spec.target == "class":
        names = case.spec.classes
        numbers["class"] = [names[label] for label in rebuilt.targets.tolist()]
    save(figure, path, numbers)

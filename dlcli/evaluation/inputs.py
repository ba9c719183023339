"""Single examples of a split, as they were before they were prepared for a net."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlcli.data.spec import DataSpec
from dlcli.evaluation.case import Case
from dlcli.training.measure import split_loader


def raw_inputs(case: Case, indices: Sequence[int]) -> Tensor:
    """Examples ``(n, ...)``: images, signals and vectors as floats, and pixels within [0, 1].

    A data module that does not keep its inputs as ``inputs`` in a loader gives them prepared.

    Args:
        case: the split.
        indices: of the examples, in the order of the split.
    """
    loader = split_loader(case.data, case.split)
    kept = getattr(loader, "inputs", None)
    if isinstance(kept, Tensor) and len(kept) > max(indices, default=-1):
        chosen = torch.as_tensor(indices, dtype=torch.int64, device=kept.device)
        inputs, whole = kept[chosen], kept
    else:
        inputs = whole = picked(loader, indices)
    if case.spec.kind == "tokens":
        return inputs.cpu()
    if case.spec.kind == "image":
        low, high = (float(end) for end in whole.aminmax())
        return (inputs.float() - low).cpu() / ((high - low) or 1.0)
    return inputs.float().cpu()


def picked(loader: object, indices: Sequence[int]) -> Tensor:
    """The inputs of some examples, from the batches that hold them."""
    wanted = {index: place for place, index in enumerate(indices)}
    found: dict[int, Tensor] = {}
    start = 0
    for inputs, *_ in loader:  # type: ignore[attr-defined]
        for index in range(start, start + len(inputs)):
            if index in wanted:
                found[wanted[index]] = inputs[index - start]
        start += len(inputs)
        if len(found) == len(wanted):
            break
    return torch.stack([found[place] for place in range(len(wanted))])


def text_of(tokens: Tensor, spec: DataSpec) -> str:
    """A text as the model reads it, without what fills it up.

    Args:
        tokens: indices in the vocabulary ``(T,)``.
        spec: with the vocabulary.
    """
    words = [spec.vocabulary[index] for index in tokens.tolist() if index != spec.padding]
    return blank(spec).join(words)


def blank(spec: DataSpec) -> str:
    """What stands between two tokens: nothing where they are characters."""
    own = (token for token in spec.vocabulary if not token.startswith("<"))
    return "" if all(len(token) == 1 for token in own) else " "

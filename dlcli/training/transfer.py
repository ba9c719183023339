"""Start a net from weights that were trained before: an earlier run's, or a file's."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlcli.data.spec import DataSpec
from dlcli.errors import CheckpointError
from dlcli.training.checkpoint import load

State = dict[str, Tensor]


@dataclass(frozen=True)
class Weights:
    """Weights by name, and what the data looked like that they were trained on.

    Args:
        path: of the file.
        state: the net's tensors by name.
        classes: of the data, empty where that is not known.
        vocabulary: likewise.
    """

    path: Path
    state: State
    classes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()


def read_weights(path: Path) -> Weights:
    """The weights of a checkpoint of dlcli, or of a file of tensors such as torchvision's.

    Raises:
        CheckpointError: no such file, or it holds no weights that can be trusted.
    """
    if not path.is_file():
        raise CheckpointError(f"model.init_from: {path}: no such file")
    content = read(path)
    spec = content.get("dlcli", {}).get("spec", {})
    state = content.get("state_dict", content)
    tensors = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    if not tensors:
        raise CheckpointError(f"model.init_from: {path}: holds no weights, only {listed(content)}")
    own = {name.removeprefix("net."): value for name, value in tensors.items()}
    return Weights(path, own, tuple(spec.get("classes", ())), tuple(spec.get("vocabulary", ())))


def read(path: Path) -> dict[str, Any]:
    """The content of a file that holds nothing but containers and tensors.

    Raises:
        CheckpointError: it holds something else, or is damaged.
    """
    if path.suffix == ".ckpt":
        return load(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        first = str(error).strip().split("\n", 1)[0] or type(error).__name__
        raise CheckpointError(
            f"model.init_from: {path}: not a file of weights that dlcli can trust ({first})"
        ) from error
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"model.init_from: {path}: holds a {type(content).__name__}, no weights by name; "
            "save the state_dict of a net"
        )
    return dict(content)


def start_from(net: nn.Module, spec: DataSpec, weights: Weights) -> str:
    """Copy into a net all weights that have its names and shapes.

    The output layer stays new where the classes are others, and of an embedding or an output over
    tokens the rows of the tokens known to both are copied.

    Args:
        net: as it was made for ``spec``.
        spec: of the new data.
        weights: to start from.

    Returns:
        What was copied and what stays new, in words; the latter is warned of.

    Raises:
        CheckpointError: nothing fits.
    """
    own = net.state_dict()
    known = aligned(weights.state, own)
    if spec.vocabulary and weights.vocabulary and spec.vocabulary != weights.vocabulary:
        known = {
            name: by_token(tensor, own[name], weights.vocabulary, spec.vocabulary)
            for name, tensor in known.items()
        }
    fitting = {name: tensor for name, tensor in known.items() if tensor.shape == own[name].shape}
    if weights.classes and spec.classes != weights.classes:
        for name in output_layer(net, spec):
            fitting.pop(name, None)
    if not any(tensor.ndim > 1 for tensor in fitting.values()):  # a bias fits by chance
        raise CheckpointError(
            f"model.init_from: {weights.path}: nothing of it fits the net; it has "
            f"{listed(weights.state)}, the net {listed(own)}"
        )
    net.load_state_dict({**own, **fitting})
    copied = f"{len(fitting)} of {len(own)} tensors from {weights.path.name}"
    new = [name for name in own if name not in fitting]
    if not new:
        return copied
    warnings.warn(f"model.init_from: {copied}; new: {listed(new)}", stacklevel=2)
    return f"{copied}; new: {', '.join(new)}"


def aligned(state: State, own: State) -> State:
    """The tensors whose names the net has, under the net's names.

    A net that wraps another one has its names behind a prefix, and a file may have been saved
    from either: the prefix is taken that makes most tensors fit.
    """
    prefixes = {""} | {name.split(".", 1)[0] + "." for name in [*own, *state]}

    def renamed(prefix: str, cut: bool) -> State:
        pairs = {
            name.removeprefix(prefix) if cut else prefix + name: tensor
            for name, tensor in state.items()
            if not cut or name.startswith(prefix)
        }
        return {name: tensor for name, tensor in pairs.items() if name in own}

    tried = [renamed(prefix, cut) for prefix in sorted(prefixes) for cut in (False, True)]
    return max(tried, key=lambda found: sum(t.shape == own[n].shape for n, t in found.items()))


def output_layer(net: nn.Module, spec: DataSpec) -> list[str]:
    """The names of the parameters of the last linear layer that gives the outputs."""
    linear = {
        name: layer
        for name, layer in net.named_modules()
        if isinstance(layer, nn.Linear) and layer.out_features == spec.outputs
    }
    last = list(linear)[-1:]
    return [f"{name}.{part}" for name in last for part, _ in linear[name].named_parameters()]


def by_token(tensor: Tensor, own: Tensor, before: tuple[str, ...], now: tuple[str, ...]) -> Tensor:
    """The rows of the tokens known to both, in the new order, the others as the net has them."""
    if not tensor.ndim or len(tensor) != len(before) or own.shape != (len(now), *tensor.shape[1:]):
        return tensor
    places = {token: place for place, token in enumerate(before)}
    shared = [(new, places[token]) for new, token in enumerate(now) if token in places]
    moved = own.clone()
    if shared:
        here, there = (torch.tensor(indices) for indices in zip(*shared, strict=True))
        moved[here] = tensor[there]
    return moved


def listed(names: Any, most: int = 4) -> str:
    """The first few names, and how many more there are."""
    names = list(map(str, names))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

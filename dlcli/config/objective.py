"""What trials are judged by, and whether the ways of searching fit it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlcli.config.problem import Problem
from dlcli.config.suggest import did_you_mean, nearest

MODES = ("auto", "min", "max")


def objectives(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the metric and the mode of each objective of a node without problems."""
    metrics, modes = _listed(node["metric"]), _listed(node["mode"])
    return list(zip(metrics, modes * len(metrics) if len(modes) == 1 else modes, strict=True))


def problems(values: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the objective of a sweep, and with its search for it."""
    node = values.get("objective")
    if not isinstance(node, Mapping):
        return [Problem("objective", "expected metric and mode")]
    unknown = [
        Problem(
            f"objective.{name}",
            f"unknown key{did_you_mean([f'objective.{n}' for n in nearest(str(name), _KEYS)])}",
        )
        for name in node
        if name not in _KEYS
    ]
    missing = [
        Problem(f"objective.{name}", f"missing; give it, objective.{name}=VALUE")
        for name in _KEYS
        if node.get(name) is None
    ]
    if unknown or missing:
        return [*unknown, *missing]
    metrics, modes = _listed(node["metric"]), _listed(node["mode"])
    found = [*_metrics(metrics), *(_modes(modes) or _lengths(modes, metrics))]
    return [*found, *_several(values, len(metrics)), *_amount(values)]


_KEYS = ("metric", "mode")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _metrics(metrics: list[Any]) -> list[Problem]:
    key = "objective.metric"
    if not metrics:
        return [Problem(key, "no metric; write one, as val/loss")]
    for metric in metrics:
        if not isinstance(metric, str) or "/" not in metric.strip("/"):
            return [Problem(key, f"expected metrics as STAGE/QUANTITY, val/loss; got {metric!r}")]
        if metric.startswith("test/"):
            return [
                Problem(
                    key,
                    f"{metric} is for the end, when the best trial is tested; "
                    f"write val/{metric.partition('/')[2]}",
                )
            ]
        if metrics.count(metric) > 1:
            return [Problem(key, f"{metric} stands there twice; keep one of them")]
    return []


def _modes(modes: list[Any]) -> list[Problem]:
    wrong = [mode for mode in modes if mode not in MODES]
    if not modes or wrong:
        got = repr(wrong[0]) if wrong else "none"
        return [Problem("objective.mode", f"expected auto, min or max; got {got}")]
    return []


def _lengths(modes: list[Any], metrics: list[Any]) -> list[Problem]:
    if len(modes) in (1, len(metrics)):
        return []
    return [
        Problem(
            "objective.mode",
            f"{len(modes)} modes for {len(metrics)} metrics; write one for each metric",
        )
    ]


def _several(values: Mapping[str, Any], count: int) -> list[Problem]:
    """Return what cannot be done with so many objectives."""
    if count < 2:
        return []
    search, pruner = values.get("search") or {}, values.get("pruner") or {}
    found = []
    if search.get("kind") == "cmaes":
        text = "cmaes has one objective; write search=tpe for several"
        found.append(Problem("search.kind", text))
    if str(pruner.get("_target_")).rpartition(".")[2] != "NopPruner":
        text = "several objectives cannot be pruned; write pruner=none"
        found.append(Problem("pruner._target_", text))
    return found


def _amount(values: Mapping[str, Any]) -> list[Problem]:
    search = values.get("search") or {}
    if search.get("kind") == "grid" or search.get("n_trials", 0) is not None:
        return []
    return [Problem("search.n_trials", "null is every point of search=grid; give a number")]

"""Records of runs that nobody trained."""

from __future__ import annotations

from dlcli.comparison.entry import Entry
from dlcli.tracking.run_record import RunRecord

MODES = {"test/acc": "max", "test/loss": "min", "val/acc": "max", "val/loss": "min"}


def record(
    name: str, seed: int | None = 0, metrics: dict[str, float] | None = None, **more: object
) -> RunRecord:
    """A finished training; ``params`` and ``tags`` are added to what every run has."""
    own_params: dict[str, str] = more.pop("params", {})  # type: ignore[assignment]
    own_tags: dict[str, str] = more.pop("tags", {})  # type: ignore[assignment]
    seeds = {} if seed is None else {"seed": str(seed), "data.seed": str(seed)}
    tags = {f"dlcli.mode.{metric}": mode for metric, mode in MODES.items()}
    tags |= {"dlcli.kind": "train", "dlcli.choice.model": "mlp", "dlcli.choice.data": "digits"}
    values: dict[str, object] = {
        "id": f"{name}{'0' * 32}"[:32],
        "name": name,
        "status": "FINISHED",
        "reason": "finished",
        "started": 0.0,
        "duration_s": 1.0,
        "metrics": {} if metrics is None else metrics,
        "params": {**seeds, "optimizer.lr": "0.1"} | own_params,
        "tags": tags | {"dlcli.data.fingerprint": "f1"} | own_tags,
        "folder": None,
    }
    return RunRecord(**(values | more))  # type: ignore[arg-type]


def entry(name: str, seed: int | None = 0, acc: float | None = None, **more: object) -> Entry:
    """The same, to be compared by its accuracy."""
    one = record(name, seed, {} if acc is None else {"test/acc": acc}, **more)
    return Entry(one, one)


def seeds(name: str, accuracies: list[float], **more: object) -> list[Entry]:
    """Runs of one setting, of seeds 0, 1, …"""
    return [entry(f"{name}{n}", n, acc, **more) for n, acc in enumerate(accuracies)]

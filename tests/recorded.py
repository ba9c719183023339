"""Runs recorded in their folders alone, made without any training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dlcli.tracking.client import Recorder
from dlcli.tracking.run import Run
from dlcli.tracking.settings import NoTracking

ACCURACIES = {"linear": [0.82, 0.84, 0.86], "mlp": [0.93, 0.94, 0.95]}
MODES = {"test/acc": "max", "val/acc": "max", "val/loss": "min"}
MODELS = {"linear": {"_target_": "Linear"}, "mlp": {"_target_": "MLP", "widths": [128, 128]}}


def record_runs(folder: Path) -> None:
    """Two models with three seeds each, an evaluation, a run that failed, and a sweep.

    The folder's own configuration says that no store knows them; a command that reads it composes
    nothing, which an override would have it do.
    """
    (folder / "conf" / "tracking").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.dlcli]\nconfig_dir = "conf"\n')
    settings = "_target_: dlcli.tracking.settings.NoTracking\n"
    (folder / "conf" / "tracking" / "mlflow.yaml").write_text(settings)
    recorder = Recorder.start(NoTracking(), folder / "mlruns")
    for seed in range(3):
        for model, accuracies in ACCURACIES.items():
            run = _train(recorder, f"{model}-{seed}", model, seed)
            run.log_metrics(_metrics(accuracies[seed]), step=1)
            run.finish("FINISHED", "finished")
    measured = recorder.create_run("mlp-2-val", _tags("evaluate", "mlp"), run.id)
    measured.set_tags({"dlcli.split": "val"})
    measured.log_metrics({"val/acc": 0.91, "val/loss": 0.4}, step=1)
    measured.finish("FINISHED", "finished")
    _train(recorder, "broken", "mlp", 9).finish("FAILED", "diverged")
    _sweep(recorder)
    recorder.close()


def _sweep(recorder: Recorder) -> None:
    of_sweep = {"dlcli.sweep": "tune", "dlcli.objective": "val/loss"}
    space = {"dlcli.space": "optimizer.lr: 0.001 to 0.1, by the logarithm; model: linear, mlp"}
    parent = recorder.create_run("tune", {"dlcli.kind": "sweep", **of_sweep, **space})
    for number, reason in enumerate(("finished", "finished", "pruned", "oom")):
        tags = {**_tags("trial", "mlp"), **of_sweep, "dlcli.trial": str(number)}
        run = recorder.create_run(f"tune-{number}", tags, parent.id)
        _fill(run, "mlp", 0, lr=0.1 / 10**number)
        run.log_metrics(_metrics(0.8 + number / 10), step=1)
        run.finish("FAILED" if reason == "oom" else "FINISHED", reason)
    parent.finish("FINISHED", "finished")


def _train(recorder: Recorder, name: str, model: str, seed: int) -> Run:
    run = recorder.create_run(name, _tags("train", model))
    _fill(run, model, seed, lr=0.001)
    return run


def _tags(kind: str, model: str) -> dict[str, str]:
    choices = {"dlcli.choice.model": model, "dlcli.choice.data": "digits"}
    return {"dlcli.kind": kind, "dlcli.data.fingerprint": "f1", **choices}


def _fill(run: Run, model: str, seed: int, lr: float) -> None:
    run.set_directions(MODES)  # type: ignore[arg-type]
    data = {"seed": seed, "batch_size": 32}
    run.log_params({"seed": seed, "data": data, "model": {"net": MODELS[model]}})
    run.log_params({"optimizer": {"lr": lr, "fused": True}, "trainer": {"max_time": None}})
    (run.artifacts / "config.yaml").touch()


def _metrics(acc: float) -> Mapping[str, float]:
    return {
        "test/acc": acc,
        "best/val/acc": acc - 0.01,
        "best/val/loss": 1 - acc,
        "cost/params": 650.0,
        "cost/duration_s": 100 * acc,
    }

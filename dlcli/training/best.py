"""The test metrics of a run's best checkpoint."""

from __future__ import annotations

from lightning_fabric.utilities.seed import seed_everything

from dlcli.tracking.folder import RunFolder
from dlcli.training.checkpoint import CheckpointFolder, load
from dlcli.training.device import hide_absent_gpus
from dlcli.training.experiment import build_data, build_model
from dlcli.training.failure import failures_explained
from dlcli.training.measure import measure, one_device_trainer
from dlcli.training.outcome import Trial
from dlcli.training.rehearsal import untestable
from dlcli.training.weights import restore


def measure_best(trial: Trial) -> tuple[dict[str, float], str]:
    """Measure the best checkpoint of a trial's run on the test split; nothing is recorded.

    Returns:
        The metrics ``test/*``, and why there are none where there are none.

    Raises:
        CheckpointError: there is no checkpoint, or it is damaged.
        ConfigError, DataError, TrainingError: it cannot be measured.
    """
    config = trial.config
    folder = CheckpointFolder(RunFolder(trial.root, trial.run_id).artifacts / "checkpoints")
    path = folder.verify("best" if "best" in folder.entries() else "last")
    hide_absent_gpus()
    seed_everything(config.values["seed"], workers=True, verbose=False)
    checkpoint = load(path)
    fitted = checkpoint.get("dlcli", {}).get("fitted")
    data, spec = build_data(config.values["data"], config.allow, fitted)
    model = build_model({**config.values, "compile": False}, spec, config.allow)
    restore(model, checkpoint["state_dict"], path)
    if reason := untestable(model, data):
        return {}, reason
    with failures_explained(data, config.allow):
        trainer = one_device_trainer(config, "test", trial.root)
        return measure(trainer, model, data, "test"), ""

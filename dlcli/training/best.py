"""The test metrics of a run's best checkpoint."""

from __future__ import annotations

from dlcli.tracking.folder import RunFolder
from dlcli.training.checkpoint import CheckpointFolder
from dlcli.training.device import hide_absent_gpus
from dlcli.training.failure import failures_explained
from dlcli.training.measure import measure, one_device_trainer
from dlcli.training.outcome import Trial
from dlcli.training.rebuild import rebuild
from dlcli.training.rehearsal import untestable


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
    built = rebuild(config, path)
    if reason := untestable(built.model, built.data):
        return {}, reason
    with failures_explained(built.data, config.allow):
        trainer = one_device_trainer(config, "test", trial.root)
        return measure(trainer, built.model, built.data, "test"), ""

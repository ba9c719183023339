"""The parts of one training run and what is done with them, in order."""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pytorch_lightning.callbacks import Callback

from dlcli.config.compose import Config
from dlcli.config.redact import redact
from dlcli.tracking.history import read_history
from dlcli.tracking.run import Run
from dlcli.training.checkpoint import CheckpointFolder, Entry, load
from dlcli.training.cost import Throughput, flops, parameters, peak_memory
from dlcli.training.divergence import StopOnDivergence
from dlcli.training.experiment import Experiment, build
from dlcli.training.failure import failures_explained
from dlcli.training.fingerprint import Fingerprints
from dlcli.training.metrics import in_headline, logged
from dlcli.training.provenance import Provenance
from dlcli.training.rank import leave
from dlcli.training.record import Clock, fingerprint, versions
from dlcli.training.rehearsal import untestable
from dlcli.training.stopping import StopOnSignal, StopRequest
from dlcli.training.unlogged import LogSaved


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Args:
        run_id: of the record; empty on the ranks that do not record.
        run_name: of the record.
        status: ``FINISHED``; anything else is raised.
        metrics: the best checkpoint's test metrics and the validation metrics it was saved with.
        best: the path of the best checkpoint, or None where nothing was monitored.
        last: the path of the checkpoint to resume from.
        duration_s: seconds from the run's first check to its end.
        delivered: whether everything has reached the store.
    """

    run_id: str
    run_name: str
    status: str
    metrics: dict[str, float]
    best: Path | None
    last: Path | None
    duration_s: float
    delivered: bool = True


class Session:
    """Builds a run's parts; then trains, tests and measures them.

    Args:
        config: of the root ``train``.
        root: the folder of the store.
        quiet: show no progress.
        resuming: whether it goes on from a checkpoint.
        more: callbacks beside those that every run has.
        stop: what the signals have asked for, where they are handled already.
    """

    def __init__(
        self,
        config: Config,
        root: Path,
        quiet: bool = False,
        resuming: bool = False,
        more: Sequence[Callback] = (),
        stop: StopRequest | None = None,
    ) -> None:
        self.clock = Clock()
        self.config = config
        self.run: Run | None = None
        self.stop = stop or StopRequest(at_once=self._end_now)
        self.throughput = Throughput()
        self.fit_seconds = 0.0
        provenance = Provenance(self.clock.seconds)
        self.fingerprints = Fingerprints()
        always = [self.throughput, StopOnSignal(self.stop), StopOnDivergence(), provenance]
        extra = [*always, LogSaved(), self.fingerprints, *more]
        self.parts: Experiment = build(config, root, extra, quiet, resuming)
        self.facts = provenance.facts = {
            "config": redact(config.values, secrets=config.secrets),
            "fingerprint": fingerprint(self.parts),
            "fitted": getattr(self.parts.data, "fitted", {}),
            "spec": asdict(self.parts.spec),
            "versions": versions(),
        }

    def start_from(self, weights: Path) -> str:
        """Start the net from weights of before; returns what was copied.

        Raises:
            CheckpointError: nothing in the file fits.
        """
        from dlcli.training.transfer import read_weights, start_from

        net = getattr(self.parts.model, "net", self.parts.model)
        return start_from(net, self.parts.spec, read_weights(weights))

    def attach(self, run: Run) -> None:
        """Record into a run from here on."""
        self.run = run
        self.parts.logger.run = run
        self.fingerprints.folder = run.artifacts
        self.stop.install()

    def complete(self, artifacts: Path, resume_from: Path | None = None) -> TrainResult:
        """Fit, test the best checkpoint, measure.

        Args:
            artifacts: the run's; its checkpoints go into a folder there.
            resume_from: the checkpoint to go on from.

        Raises:
            TrainingError: diverged, out of memory, or a metric that was never logged.
            CheckpointError: one cannot be written or read.
            Stopped: a signal came.
        """
        try:
            return self._complete(artifacts, resume_from)
        finally:
            self.stop.over()

    def _complete(self, artifacts: Path, resume_from: Path | None) -> TrainResult:
        folder = self.train(artifacts, resume_from)
        best = folder.entries().get("best")
        metrics = self.test(folder, best)
        leave()
        if self.run is not None:
            self.record_end(self.run, best, metrics)
            self.draw_curves(self.run, best)
        run_id, name = (self.run.id, self.run.name) if self.run else ("", "")
        return TrainResult(
            run_id,
            name,
            "FINISHED",
            metrics,
            folder.file("best"),
            folder.file("last"),
            self.clock.seconds(),
        )

    def train(self, artifacts: Path, resume_from: Path | None) -> CheckpointFolder:
        """Fit alone; returns the folder of the checkpoints.

        Args and errors: those of ``complete``.
        """
        folder = CheckpointFolder(artifacts / "checkpoints")
        self.parts.checkpoints.folder = folder
        start = time.monotonic()
        try:
            self.fit(resume_from)
        finally:
            self.fit_seconds = time.monotonic() - start
        return folder

    def fit(self, resume_from: Path | None) -> None:
        """Train, from the start or from a checkpoint."""
        self.stop.check()
        parts = self.parts
        with failures_explained(parts.data, self.config.allow):
            parts.trainer.fit(
                parts.model, datamodule=parts.data, ckpt_path=resume_from, weights_only=True
            )
        self.stop.check()

    def test(self, folder: CheckpointFolder, best: Entry | None) -> dict[str, float]:
        """The test metrics of the best checkpoint, and the validation metrics it was saved with."""
        parts = self.parts
        if best is not None:
            parts.model.load_state_dict(load(folder.path / best.file)["state_dict"])
        scores = _stage(best.metrics if best else {}, "val")
        if reason := untestable(parts.model, parts.data):
            warnings.warn(reason, stacklevel=2)
            return scores
        with failures_explained(parts.data, self.config.allow):
            parts.trainer.test(parts.model, datamodule=parts.data, verbose=False)
        return {**_stage(logged(parts.trainer), "test"), **scores}

    def record_end(
        self, run: Run, best: Entry | None, metrics: dict[str, float]
    ) -> dict[str, float]:
        """Record the score at the best checkpoint, and the cost, which is returned."""
        if best is not None:
            score = {f"best/{name}": value for name, value in _stage(metrics, "val").items()}
            run.log_metrics({**score, "best/epoch": float(best.epoch)}, step=best.step)
        cost = self.cost()
        run.log_metrics(cost, step=self.parts.trainer.global_step)
        return cost

    def draw_curves(self, run: Run, best: Entry | None) -> None:
        """Draw the learning curves into the run's artifacts."""
        from dlcli.training.figures import learning_curves

        path = run.artifacts / "figures" / "learning_curves.png"
        history = read_history(run.folder).items()
        shown = {name: v for name, v in history if in_headline(self.parts.model, name)}
        learning_curves(shown, best.step if best else None, path)

    def cost(self) -> dict[str, float]:
        """Parameters, FLOPs of a forward pass, samples a second, peak memory in MB, seconds."""
        parts = self.parts
        figures = {
            "params": parameters(parts.model),
            "samples_per_second": self.throughput.per_second or None,
            "peak_memory_mb": peak_memory(parts.trainer.strategy.root_device),
            "flops": flops(parts.model.cpu(), parts.spec),
            "duration_s": self.clock.seconds(),
        }
        return {f"cost/{name}": float(n) for name, n in figures.items() if n is not None}

    def _end_now(self, number: int) -> None:
        if self.run is not None:
            name = signal.Signals(number).name
            self.run.finish("KILLED", f"stopped at once by {name}", timeout=2.0)


def _stage(metrics: dict[str, float], stage: str) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if name.startswith(f"{stage}/")}

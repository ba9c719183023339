"""The LightningModule of a generator and a discriminator that learn against each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dlcli.data.picture import Picture
from dlcli.data.seed import generator
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.judge import Judge
from dlcli.models.learner import Batch, Learner
from dlcli.models.mean import countable
from dlcli.models.regularizer import Regularizer
from dlcli.models.schedule import Schedule
from dlcli.models.task import Better
from dlcli.models.training_split import training_split
from dlcli.models.two_optimizers import check_trainer, scaled
from dlcli.nets.gan import Adversaries

# Examples generated at a time, and the rows and columns of a picture.
CHUNK = 256
ROWS, COLUMNS = 10, 10


class GAN(Learner):
    """Trains a generator against a discriminator (Goodfellow et al. 2014, algorithm 1 with k = 1).

    The generator goes by the non-saturating loss of section 3: it maximises log D(G(z)). A step
    is a batch: the discriminator's optimizer takes one, then the generator's.

    Logs ``generator_loss`` and ``discriminator_loss`` in nats; in validation and test also
    ``frechet`` between real and generated examples, and where there are classes
    ``classes_covered`` and, if they can be asked for, ``recognised``: see ``Judge``.
    ``test/referee_acc`` is how often the referee itself is right about real examples.

    Args:
        net: makes the pair from the spec.
        spec: what the data looks like.
        optimizer: makes an optimizer from the parameters; called for either side.
        scheduler: how both learning rates change; None for constant ones.
        regularizer: what keeps the weights small; None for nothing.
        lr_ratio: the discriminator's learning rate over the generator's (Heusel et al. 2017).
        label_smoothing: how far below 1 the discriminator's target for real examples is
            (Salimans et al. 2016, section 3.4); generated ones keep 0.
        samples: how many examples are generated to be compared with the real ones.

    Raises:
        ConfigError: if an argument is out of range, or the pair cannot serve this data.
    """

    net: Adversaries

    def __init__(
        self,
        net: Callable[[DataSpec], Adversaries],
        spec: DataSpec,
        optimizer: Callable[..., Optimizer],
        scheduler: Schedule | None = None,
        regularizer: Regularizer | None = None,
        lr_ratio: float = 1.0,
        label_smoothing: float = 0.0,
        samples: int = 1000,
    ) -> None:
        check(lr_ratio, label_smoothing, samples)
        super().__init__(net(spec), spec, optimizer, scheduler, regularizer, 3)
        self.automatic_optimization = False
        self.judge = Judge(spec)
        self.lr_ratio = lr_ratio
        self.label_smoothing = label_smoothing
        self.samples = samples
        self._monitor: str | None = None
        self._real: list[tuple[Tensor, Tensor, Tensor]] = []

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, latent)`` and the classes asked for ``(B,)`` -> ``(B, *spec.shape)``."""
        return self.net.generate(latents, labels)

    def better(self, stage: str) -> Mapping[str, Better]:
        """Both losses, and what the judge says of validation and test."""
        quantities: dict[str, Better] = {"generator_loss": "min", "discriminator_loss": "min"}
        if stage == "train":
            return quantities
        quantities["frechet"] = "min"
        if self.judge.classes:
            quantities["classes_covered"] = "max"
        if self.net.conditional:
            quantities["recognised"] = "max"
        if self.judge.classes and stage == "test":
            quantities["referee_acc"] = "max"
        return quantities

    def check_trainer(self, trainer: Trainer) -> None:
        """Refuse what cannot be done with two optimizers.

        Raises:
            ConfigError: naming all of it.
        """
        check_trainer(trainer)

    def configure_optimizers(self) -> Any:
        """The generator's optimizer, then the discriminator's, each with its schedule."""
        sides = {"generator": 1.0, "discriminator": self.lr_ratio}
        return [self._optimizer(name, ratio) for name, ratio in sides.items()]

    def on_fit_start(self) -> None:
        """Train the referee, unless a checkpoint brought it."""
        if not self.judge.trained:
            self.judge.train_referee(training_split(self.trainer, self.device))

    def training_step(self, batch: Batch, batch_idx: int) -> None:  # type: ignore[override]
        """A step of the discriminator, then one of the generator against it."""
        real, labels = batch[0], self._told(batch[1])
        generating, judging = self.optimizers()  # type: ignore[attr-defined]
        # Lightning counts the steps of all optimizers; the training's steps are its batches.
        judging._on_before_step = judging._on_after_step = nothing
        latents = torch.randn(len(real), self.net.latent, device=real.device)
        made = self.net.generate(latents, labels)
        against = self.discriminator_loss(real, made.detach(), labels)
        self._minimise(judging, against, self.net.discriminator)
        self.toggle_optimizer(generating)
        through = self.generator_loss(made, labels)
        self._minimise(generating, through, self.net.generator)
        self.untoggle_optimizer(generating)
        self._add("train", through.detach(), against.detach(), len(real))
        if self.scheduler.interval == "step":
            self._step_schedules({})

    def step(self, batch: Batch, stage: str) -> Tensor:
        """Add a batch to the stage's means, and the referee's view of it; both losses together."""
        real, labels = batch[0], self._told(batch[1])
        made = self.net.generate(self.latents(len(real), stage, len(self._real)), labels)
        against = self.discriminator_loss(real, made, labels)
        through = self.generator_loss(made, labels)
        if len(real):
            self._add(stage, through, against, len(real))
            features, taken = self.judge.look(real)
            self._real.append((features, batch[1], batch[1] if taken is None else taken))
        return against + through

    def discriminator_loss(self, real: Tensor, made: Tensor, labels: Tensor | None) -> Tensor:
        """Binary cross-entropy of telling real examples (1) from generated ones (0), summed."""
        of_real, of_made = (countable(self.net.judge(x, labels)) for x in (real, made))
        target = torch.full_like(of_real, 1 - self.label_smoothing)
        entropy = functional.binary_cross_entropy_with_logits
        return entropy(of_real, target) + entropy(of_made, torch.zeros_like(of_made))

    def generator_loss(self, made: Tensor, labels: Tensor | None) -> Tensor:
        """The mean of -log D(G(z))."""
        return functional.softplus(-countable(self.net.judge(made, labels))).mean()

    def on_validation_epoch_start(self) -> None:
        """Start the means and forget the real examples of the last validation."""
        self._real = []
        super().on_validation_epoch_start()

    def on_test_epoch_start(self) -> None:
        """Start the means."""
        self._real = []
        super().on_test_epoch_start()

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """The losses, and what the judge says of as many examples as were asked for."""
        found = {"generator_loss": means[1], "discriminator_loss": means[2]}
        if stage == "train":
            return found
        features, labels, taken = (torch.cat(parts) for parts in zip(*self._real, strict=True))
        found["referee_acc"] = (taken == labels).double().mean()
        # Classes are asked for as often as they are there, so that the two sets are comparable:
        # from all over, as a split may be in the order of its classes.
        places = torch.arange(self.samples, device=labels.device) * len(labels) // self.samples
        asked = labels[places]
        looks = [self.judge.look(made) for made in self._generated(stage, self._told(asked))]
        made = torch.cat([features for features, _ in looks])
        seen = torch.cat([t for _, t in looks]) if self.judge.classes else None  # type: ignore[misc]
        found |= self.judge.compare((features, labels), made, seen, self._told(asked))
        self._real = []
        return {name: found[name] for name in self.better(stage)}

    def latents(self, count: int, *key: int | str) -> Tensor:
        """Standard normal numbers ``(count, latent)`` that are a pure function of ``key``."""
        size, rng = (count, self.net.latent), generator("latents", *key)
        drawn = torch.randn(size, generator=rng, dtype=torch.float32)
        return drawn.to(self.device, self.dtype)  # type: ignore[arg-type]

    @torch.no_grad()
    def pictures(self) -> dict[str, Picture]:
        """Samples, one row a class where they can be asked for, and ways between latent points."""
        names = self.spec.classes[:ROWS] if self.net.conditional else ()
        rows = len(names) or ROWS
        columns = self.latents(COLUMNS, "samples").repeat(rows, 1)
        free = self.latents(rows * COLUMNS, "samples")
        samples = self._grid(columns if names else free, rows)
        ends = self.latents(2 * rows, "interpolation")
        share = torch.linspace(0, 1, COLUMNS, device=self.device, dtype=ends.dtype)[None, :, None]
        path = torch.lerp(ends[:rows, None], ends[rows:, None], share)
        return {
            "samples": Picture(samples, names),
            "interpolation": Picture(self._grid(path.flatten(0, 1), rows), names),
        }

    def _grid(self, latents: Tensor, rows: int) -> Tensor:
        """Generated examples in [0, 1], row by row; a row has one class where there are any."""
        labels = torch.arange(rows, device=self.device).repeat_interleave(COLUMNS)
        made = self.net.generate(latents, labels if self.net.conditional else None)
        span = (self.spec.high - self.spec.low) or 1.0
        unit = ((made - self.spec.low) / span).clamp(0, 1)
        return unit.view(rows, COLUMNS, *self.spec.shape)

    def _generated(self, stage: str, asked: Tensor | None) -> list[Tensor]:
        """As many examples as are compared, the same latent numbers every time."""
        latents = torch.split(self.latents(self.samples, stage, "compared"), CHUNK)
        labels = [None] * len(latents) if asked is None else torch.split(asked, CHUNK)
        return [self.net.generate(*pair) for pair in zip(latents, labels, strict=True)]

    def _told(self, targets: Tensor) -> Tensor | None:
        return targets if self.net.conditional else None

    def _add(self, stage: str, through: Tensor, against: Tensor, count: int) -> None:
        sums = torch.stack([through + against, through, against]) * count
        self.means[stage].update(sums, count)

    def _minimise(self, optimizer: LightningOptimizer, loss: Tensor, side: torch.nn.Module) -> None:
        penalty = self.regularizer.penalty(side)
        optimizer.zero_grad()
        self.manual_backward(loss if penalty is None else loss + penalty)
        optimizer.step()

    def _optimizer(self, side: str, ratio: float) -> dict[str, Any]:
        """One side's optimizer, and its schedule at its own learning rate."""
        changed = {} if self.lr is None else {"lr": self.lr * ratio}
        groups = self.regularizer.groups(getattr(self.net, side))
        optimizer = self.optimizer(groups, **changed)
        by_step = self.scheduler.curve is not None and self.scheduler.interval == "step"
        steps = self.trainer.estimated_stepping_batches if by_step else math.inf
        schedule = scaled(self.scheduler, ratio).build(optimizer, steps, self.metrics())
        if schedule is None:
            return {"optimizer": optimizer}
        self._monitor = schedule.pop("monitor", None)  # for Lightning, which would not heed it
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def on_train_epoch_end(self) -> None:
        """Log the training means; let both schedules take their step by epochs."""
        report = self._log("train")
        if self.scheduler.interval == "epoch":
            self._step_schedules(report)

    def _step_schedules(self, report: dict[str, Tensor]) -> None:
        """Step what Lightning leaves to the module where it optimises itself."""
        for schedule in self.lr_schedulers() or ():  # type: ignore[union-attr]
            if isinstance(schedule, ReduceLROnPlateau):
                self._step_plateau(schedule, self._monitor, report)
            else:
                schedule.step()


def nothing() -> None:
    """Do nothing."""


def check(lr_ratio: float, label_smoothing: float, samples: int) -> None:
    """Refuse arguments that are out of range.

    Raises:
        ConfigError: naming all of them.
    """
    problems = []
    if lr_ratio <= 0:
        problems.append(f"model.lr_ratio: {lr_ratio} is not positive")
    if not 0 <= label_smoothing < 1:
        problems.append(f"model.label_smoothing: {label_smoothing} is not in [0, 1)")
    if samples < 2:
        problems.append(f"model.samples: {samples}; at least 2 have a spread to compare")
    if problems:
        raise ConfigError(problems)

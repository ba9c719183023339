"""The LightningModule that rebuilds its input, noisy or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer

from dlcli.data.picture import Picture, Scatter
from dlcli.data.seed import generator
from dlcli.data.spec import DataSpec
from dlcli.errors import ConfigError
from dlcli.models.learner import Batch, Learner
from dlcli.models.mean import countable
from dlcli.models.pca import PCA
from dlcli.models.regularizer import Regularizer
from dlcli.models.schedule import Schedule
from dlcli.models.spread import Spread
from dlcli.models.task import Better
from dlcli.models.training_split import training_split
from dlcli.nets.autoencoder import Coder

# What a picture shows: so many examples, and so many steps between two codes.
SHOWN = 10
# Points of the scatter of codes; more would only hide each other.
POINTS = 2000


class Autoencoder(Learner):
    """Learns to give its input back; labels and values of the data are not looked at.

    The net reads inputs as they were prepared; it is to give them in [0, 1], the span from
    ``spec.low`` to ``spec.high``, so that errors mean the same however inputs are prepared.
    Logs ``mse`` in that scale and ``psnr``, the peak signal-to-noise ratio 10 log10(1 / mse) in
    decibels.

    Args:
        net: makes the net from the spec; it has ``encode``, ``decode`` and ``latent``.
        spec: what the data looks like.
        optimizer: makes the optimizer from the parameters.
        scheduler: how the learning rate changes; None for a constant one.
        regularizer: what keeps the weights small; None for nothing.
        loss: mean squared error, or the binary cross-entropy that takes each number as a
            probability.
        output: what the net's outputs go through, ``sigmoid`` or nothing (``linear``).
        noise: the standard deviation of the Gaussian noise added to the input in [0, 1], in every
            stage; the input without it is what is to be given back (Vincent et al. 2008). With
            it ``noisy_psnr``, that of the noisy input itself, is logged, too.
        baseline: ``pca`` logs ``pca_mse``, the error of as many principal components of the
            training split as a code has numbers, and ``mse_to_pca``, the ratio to it.
        init_from: a RUN, or a file of weights, to start from; None to start anew.
        freeze: names of modules of the net that are not trained.

    Raises:
        ConfigError: if an argument is out of range, or the net cannot serve this data.
    """

    net: Coder

    def __init__(
        self,
        net: Callable[[DataSpec], Coder],
        spec: DataSpec,
        optimizer: Callable[..., Optimizer],
        scheduler: Schedule | None = None,
        regularizer: Regularizer | None = None,
        loss: Literal["mse", "bce"] = "mse",
        output: Literal["sigmoid", "linear"] = "sigmoid",
        noise: float = 0.0,
        baseline: Literal["none", "pca"] = "none",
        init_from: str | None = None,
        freeze: Sequence[str] = (),
    ) -> None:
        check(loss, output, noise, baseline)
        made = net(spec)
        if not all(hasattr(made, name) for name in ("encode", "decode", "latent")):
            raise ConfigError(
                f"model.net: {type(made).__name__} has no encode, decode and latent, so it is "
                "no autoencoder"
            )
        super().__init__(
            made, spec, optimizer, scheduler, regularizer, 4, init_from=init_from, freeze=freeze
        )
        self.criterion = loss
        self.squash = torch.sigmoid if output == "sigmoid" else torch.clone
        self.noise = noise
        self.pca = PCA(spec.features, made.latent) if baseline == "pca" else None
        self._span = (spec.high - spec.low) or 1.0
        self._index = 0
        self._shown = Spread(POINTS)

    def forward(self, x: Tensor) -> Tensor:
        """Prepared inputs ``(B, *spec.shape)``, given back in [0, 1]."""
        return self.squash(self.net(x))

    def better(self, stage: str) -> Mapping[str, Better]:
        """``loss``, ``mse`` and ``psnr``, and what noise and a baseline add."""
        quantities: dict[str, Better] = {"loss": "min", "mse": "min", "psnr": "max"}
        if stage != "train" and self.noise:
            quantities["noisy_psnr"] = "max"
        if stage != "train" and self.pca is not None:
            quantities |= {"pca_mse": "min", "mse_to_pca": "min"}
        return quantities

    def on_fit_start(self) -> None:
        """Fit the baseline, unless a checkpoint brought it."""
        if self.pca is not None and not self.pca.fitted:
            batches = training_split(self.trainer, self.device)
            self.pca.fit(self.unit(inputs) for inputs, _ in batches)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the validation means."""
        self._index = batch_idx
        self._keep(batch)
        super().validation_step(batch, batch_idx)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch to the test means."""
        self._index = batch_idx
        self._keep(batch)
        super().test_step(batch, batch_idx)

    def step(self, batch: Batch, stage: str) -> Tensor:
        """The loss of a batch, whose sums are added to the stage's means."""
        clean = self.unit(countable(batch[0]))
        noisy = self.noised(batch[0], stage, self._index)
        raw = countable(self.net(noisy))
        error = (self.squash(raw) - clean).square().mean()
        loss = error if self.criterion == "mse" else cross_entropy(raw, clean)
        if count := len(clean):
            other = self._others(clean, noisy, stage)
            sums = torch.stack([loss.detach(), error.detach(), *other]) * count
            self.means[stage].update(sums, count)
        return loss

    def report(self, stage: str, means: Tensor) -> dict[str, Tensor]:
        """The quantities that ``better`` names."""
        loss, mse, noisy, pca = means
        found = {
            "loss": loss,
            "mse": mse,
            "psnr": psnr(mse),
            "noisy_psnr": psnr(noisy),
            "pca_mse": pca,
            "mse_to_pca": mse / pca,
        }
        return {name: found[name] for name in self.better(stage)}

    def unit(self, x: Tensor) -> Tensor:
        """Prepared inputs on the scale where ``spec.low`` is 0 and ``spec.high`` is 1."""
        return (x - self.spec.low) / self._span

    def noised(self, x: Tensor, stage: str, index: int) -> Tensor:
        """Prepared inputs with noise: any in training, the same for a batch in other stages."""
        if not self.noise:
            return x
        if stage == "train":
            draw = torch.randn_like(x)
        else:
            rng = generator("noise", stage, index)
            draw = torch.randn(x.shape, generator=rng, dtype=torch.float32).to(x)
        return x + self.noise * self._span * draw

    @torch.no_grad()
    def pictures(self) -> dict[str, Picture]:
        """Inputs over what they became, and the way from one code to another."""
        if not len(self._shown):
            return {}
        # Lightning takes a model from its device after a test, and not what it keeps.
        inputs = self._shown.examples(SHOWN)[0].to(self.device)
        noisy = self.noised(inputs, "picture", 0)
        rows = {"input": self.unit(inputs), "noisy": self.unit(noisy), "output": self(noisy)}
        if not self.noise:
            del rows["noisy"]
        grid = torch.stack([row.clamp(0, 1) for row in rows.values()])
        pictures = {"reconstructions": Picture(grid, tuple(rows))}
        if len(inputs) > 1:
            pictures["interpolation"] = Picture(self._between(noisy).clamp(0, 1))
        return pictures

    @torch.no_grad()
    def scatters(self) -> dict[str, Scatter]:
        """The codes, by class."""
        if self.net.latent < 2 or len(self._shown) < 3:
            return {}
        inputs, targets = self._shown.examples(POINTS)
        codes = self.net.encode(self.noised(inputs.to(self.device), "picture", 0))
        labels = targets if self.spec.target == "class" else None
        return {"latent": Scatter(codes, labels, self.spec.classes, ("code 1", "code 2"))}

    def _between(self, inputs: Tensor) -> Tensor:
        """Decoded steps from the codes of one half of the inputs to those of the other."""
        codes = self.net.encode(inputs)
        pairs = len(codes) // 2
        share = torch.linspace(0, 1, SHOWN, device=codes.device, dtype=codes.dtype)[None, :, None]
        path = torch.lerp(codes[:pairs, None], codes[pairs : 2 * pairs, None], share)
        output = self.squash(self.net.decode(path.flatten(0, 1)))
        return output.view(pairs, SHOWN, *self.spec.shape)

    def _others(self, clean: Tensor, noisy: Tensor, stage: str) -> tuple[Tensor, Tensor]:
        """The errors of the noisy input and of the baseline, where they are asked for."""
        none = clean.new_zeros(())
        if stage == "train":
            return none, none
        read = self.unit(noisy)
        return (
            (read - clean).square().mean() if self.noise else none,
            (self.pca(read) - clean).square().mean() if self.pca is not None else none,
        )

    def _keep(self, batch: Batch) -> None:
        """Keep examples of a split, to be drawn."""
        if self._index == 0:
            self._shown = Spread(POINTS)
        self._shown.add(batch)


def psnr(mse: Tensor) -> Tensor:
    """The peak signal-to-noise ratio in decibels, of a signal within [0, 1]."""
    return -10 * mse.log10()


def cross_entropy(raw: Tensor, target: Tensor) -> Tensor:
    """The mean binary cross-entropy in nats; a test example may lie beyond the training's span."""
    return functional.binary_cross_entropy_with_logits(raw, target.clamp(0, 1))


def check(loss: str, output: str, noise: float, baseline: str) -> None:
    """Refuse arguments that are out of range.

    Raises:
        ConfigError: naming all of them.
    """
    choices = {
        "loss": (loss, ("mse", "bce")),
        "output": (output, ("sigmoid", "linear")),
        "baseline": (baseline, ("none", "pca")),
    }
    problems = [
        f"model.{name}: {value!r} is not one of {', '.join(known)}"
        for name, (value, known) in choices.items()
        if value not in known
    ]
    if noise < 0:
        problems.append(f"model.noise: {noise} is negative")
    if loss == "bce" and output == "linear":
        problems.append(
            "model.output: linear, but loss=bce takes outputs as probabilities; "
            "use output=sigmoid or loss=mse"
        )
    if problems:
        raise ConfigError(problems)

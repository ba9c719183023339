"""The peer of ``dlcli train``: what a user of Lightning and MLflow writes by hand.

The same data, net, optimizer and epochs, with Lightning's own MLFlowLogger on SQLite. Run as
``python plain_script.py MARK EPOCHS``; writes the time of its first optimizer step to MARK.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint
from pytorch_lightning.loggers import MLFlowLogger
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class Mark(pl.Callback):
    """Writes when the first optimizer step was done."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def on_train_batch_end(self, *arguments: object, **named: object) -> None:
        """Write once."""
        if not self.path.exists():
            self.path.write_text(repr(time.time()))


class Digits(pl.LightningModule):
    """The net of ``model=cnn`` with accuracy, logged as one does."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *self._block(1, 32), *self._block(32, 64), nn.Flatten(), nn.LazyLinear(10)
        )
        self.net(torch.zeros(2, 1, 8, 8))

    @staticmethod
    def _block(channels: int, filters: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
        ]

    def _step(self, batch: list[Tensor], stage: str) -> Tensor:
        inputs, target = batch
        logits = self.net(inputs)
        loss = nn.functional.cross_entropy(logits, target)
        accuracy = (logits.argmax(dim=1) == target).float().mean()
        values = {f"{stage}/loss": loss, f"{stage}/acc": accuracy}
        self.log_dict(values, on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        """Loss to minimise."""
        return self._step(batch, "train")

    def validation_step(self, batch: list[Tensor], index: int) -> None:
        """Log."""
        self._step(batch, "val")

    def test_step(self, batch: list[Tensor], index: int) -> None:
        """Log."""
        self._step(batch, "test")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=0.001)


def loaders(batch_size: int) -> list[DataLoader]:
    """Train, validation and test loaders of the digits."""
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(digits.target)
    rest, test = train_test_split(range(len(labels)), test_size=0.2, stratify=labels)
    train, val = train_test_split(rest, test_size=0.125, stratify=labels[rest])
    parts = [TensorDataset(images[part], labels[part]) for part in (train, val, test)]
    return [DataLoader(part, batch_size, shuffle=part is parts[0]) for part in parts]


def main(mark: str, epochs: int, batch_size: int) -> None:
    """Train, then test the best checkpoint."""
    pl.seed_everything(0)
    train, val, test = loaders(batch_size)
    trainer = pl.Trainer(
        max_epochs=epochs,
        logger=MLFlowLogger("digits", tracking_uri="sqlite:///mlflow.db"),
        callbacks=[
            ModelCheckpoint(monitor="val/loss", save_last=True),
            LearningRateMonitor(),
            Mark(mark),
        ],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    model = Digits()
    trainer.fit(model, train, val)
    trainer.test(model, test, ckpt_path="best", weights_only=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

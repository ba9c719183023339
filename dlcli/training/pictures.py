"""Pictures of what a model makes, by epoch, in the figures of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

from dlcli.data.picture import Picture, Scatter
from dlcli.training.logger import RunLogger
from dlcli.training.random_state import random_state, restore_random_state
from dlcli.training.writing import write_sample


class Pictures(Callback):
    """Draws what a model shows of itself: after its first epoch, every so many, and its last.

    A model shows itself by a method ``pictures``, which gives each a name, as figures/NAME/
    epochEEEE.png, and at the end of the training also by ``scatters``, as figures/NAME.png. Of a
    model that has neither nothing is drawn. A model of a text writes sample.txt at the end. The
    random numbers of the training go on as if nothing had been.

    Args:
        every_n_epochs: draw after every so many epochs.
    """

    def __init__(self, every_n_epochs: int = 5) -> None:
        self.every_n_epochs = every_n_epochs
        self._drawn = 0

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw where the epoch is one to draw after."""
        finished = trainer.current_epoch + 1
        folder = figures_folder(trainer)
        if folder is not None and (finished == 1 or finished % self.every_n_epochs == 0):
            self._draw(pl_module, folder, finished)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw after the last epoch, and what is only shown then."""
        folder = figures_folder(trainer)
        if folder is None:
            return
        if self._drawn != trainer.current_epoch:
            self._draw(pl_module, folder, trainer.current_epoch)
        draw_scatters(pl_module, folder, f"after epoch {trainer.current_epoch}", "{name}.png")
        with undisturbed(pl_module):
            write_sample(pl_module, getattr(trainer, "datamodule", None), folder.parent)

    def _draw(self, model: LightningModule, folder: Path, epoch: int) -> None:
        self._drawn = epoch
        draw_pictures(model, folder, f"after epoch {epoch}", f"{{name}}/epoch{epoch:04d}.png")


def draw_pictures(model: LightningModule, folder: Path, when: str, pattern: str) -> list[str]:
    """Draw the pictures that a model shows; return their files, as paths below ``folder``.

    Args:
        model: with a method ``pictures``; else nothing is drawn.
        folder: of the figures.
        when: what follows the name in the title.
        pattern: of a file, with ``{name}``.
    """
    show: Callable[[], dict[str, Picture]] | None = getattr(model, "pictures", None)
    if not callable(show):
        return []
    from dlcli.training.drawing import draw_picture

    with undisturbed(model):
        pictures = show()
    files = {pattern.format(name=name): name for name in pictures}
    for file, name in files.items():
        draw_picture(pictures[name], f"{name} {when}", folder / file)
    return list(files)


def draw_scatters(model: LightningModule, folder: Path, when: str, pattern: str) -> list[str]:
    """Draw the points that a model shows by a method ``scatters``, as ``draw_pictures`` does.

    Returns:
        The files; beside each is the CSV of its points.
    """
    show: Callable[[], dict[str, Scatter]] | None = getattr(model, "scatters", None)
    if not callable(show):
        return []
    from dlcli.training.scatter import draw_scatter

    with undisturbed(model):
        scatters = show()
    files = {pattern.format(name=name): name for name in scatters}
    for file, name in files.items():
        draw_scatter(scatters[name], f"{name} {when}", folder / file)
    return list(files)


@contextmanager
def undisturbed(model: LightningModule) -> Iterator[None]:
    """Evaluate a model within a training: its modes and the random numbers are put back."""
    modes = {module: module.training for module in model.modules()}
    state = random_state()
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes.items():
            module.training = training
        restore_random_state(state)


def figures_folder(trainer: Trainer) -> Path | None:
    """Where the run's figures are; None on the ranks that record nothing."""
    logger = trainer.logger
    if not isinstance(logger, RunLogger) or logger.run is None:
        return None
    return logger.run.artifacts / "figures"

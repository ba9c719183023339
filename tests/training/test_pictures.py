"""What a model shows is drawn after epochs, and changes nothing of its training."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from pytorch_lightning import LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader

from dlcli.data.picture import Picture, Scatter
from dlcli.training.drawing import draw_beside, draw_grid, draw_picture
from dlcli.training.logger import RunLogger
from dlcli.training.pictures import Pictures, draw_pictures


class Shows(LightningModule):
    """Draws random numbers where it shows itself, and notes in which mode it is."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        self.frozen = nn.Dropout().eval()
        self.modes: list[bool] = []
        self.seen: list[float] = []

    def training_step(self, batch, batch_idx):
        self.seen.append(torch.rand(1).item())
        return self.layer(batch).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def pictures(self):
        self.modes.append(self.layer.training)
        return {"samples": Picture(torch.rand(2, 3, 1, 4, 4))}

    def scatters(self):
        return {"latent": Scatter(torch.rand(5, 2), None, (), ("x", "y"))}


def train(folder: Path, module: LightningModule, epochs: int, **options) -> list[str]:
    """Train; return the figures below a run's folder of figures."""
    torch.manual_seed(0)
    logger = RunLogger()
    logger.run = SimpleNamespace(artifacts=folder, log_metrics=lambda *a, **k: None)
    quiet = {"enable_progress_bar": False, "enable_checkpointing": False}
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=logger,
        enable_model_summary=False,
        callbacks=[Pictures(**options)] if options else [],
        **quiet,
    )
    trainer.fit(module, DataLoader(torch.ones(2, 1)))
    return sorted(str(path.relative_to(folder / "figures")) for path in folder.rglob("*.png"))


def test_pictures_are_drawn_after_the_first_epoch_every_so_many_and_the_last(tmp_path):
    assert train(tmp_path, Shows(), 5, every_n_epochs=2) == [
        "latent.png",
        *(f"samples/epoch000{epoch}.png" for epoch in (1, 2, 4, 5)),
    ]


def test_the_training_goes_on_as_if_nothing_had_been_drawn(tmp_path):
    drawn, plain = Shows(), Shows()
    train(tmp_path / "drawn", drawn, 3, every_n_epochs=1)
    train(tmp_path / "plain", plain, 3)
    assert drawn.seen == plain.seen
    assert drawn.modes == [False] * 3
    assert drawn.layer.training
    assert not drawn.frozen.training


def test_of_a_model_that_shows_nothing_nothing_is_drawn(tmp_path):
    class Silent(Shows):
        pictures = scatters = None

    assert train(tmp_path, Silent(), 1, every_n_epochs=1) == []
    assert draw_pictures(Silent(), tmp_path, "on test", "{name}_test.png") == []


def test_files_are_named_by_the_pattern(tmp_path):
    assert draw_pictures(Shows(), tmp_path, "on test", "{name}_test.png") == ["samples_test.png"]
    assert (tmp_path / "samples_test.png").is_file()


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 7), (2, 4, 4), (2, 30), (6,), (1,)])
@pytest.mark.parametrize("rows", [(), ("input", "output")])
def test_images_signals_and_vectors_can_be_drawn(tmp_path, shape, rows):
    path = tmp_path / "a.png"
    draw_picture(Picture(torch.rand(2, 3, *shape), rows), "title", path)
    with Image.open(path) as image:
        assert min(image.size) > 50


def test_white_is_one_and_black_is_zero(tmp_path):
    examples = torch.stack([torch.ones(1, 1, 16, 16), torch.zeros(1, 1, 16, 16)], 1)
    draw_picture(Picture(examples), "", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        grey = image.convert("L")
        middle = grey.height // 2 + 5
        values = {grey.getpixel((x, middle)) for x in range(grey.width)}
    assert {0, 255} <= values


def test_rows_and_columns_are_labelled_at_their_middles():
    panel = Figure().subplots()
    draw_grid(panel, Picture(torch.rand(2, 3, 1, 4, 4), ("in", "out"), ("a", "b", "c")))
    assert [text.get_text() for text in panel.get_xticklabels()] == ["a", "b", "c"]
    assert panel.get_xticks().tolist() == [1.5, 6.5, 11.5]
    assert [text.get_text() for text in panel.get_yticklabels()] == ["in", "out"]
    assert panel.get_yticks().tolist() == [1.5, 6.5]


def test_grids_are_drawn_beside_each_other(tmp_path):
    one = Picture(torch.rand(2, 3, 1, 4, 4), ("in", "out"))
    draw_beside({"real": one, "made": Picture(torch.rand(2, 3, 1, 4, 4))}, tmp_path / "two.png")
    draw_picture(one, "", tmp_path / "one.png")
    widths = [Image.open(tmp_path / f"{name}.png").width for name in ("one", "two")]
    assert widths[1] > 1.8 * widths[0]

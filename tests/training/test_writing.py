"""A language model leaves a sample of its text; other models leave none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytorch_lightning as pl
import torch

from dlcli.config.compose import compose
from dlcli.data.python_docs import PythonDocs
from dlcli.training.experiment import build_data, build_model
from dlcli.training.logger import RunLogger
from dlcli.training.pictures import Pictures
from dlcli.training.writing import write_sample
from tests.data.test_text import write_tiny


def built(*overrides: str) -> tuple[pl.LightningModule, pl.LightningDataModule]:
    values = compose("train", overrides).values
    data, spec = build_data(values["data"], ())
    return build_model(values, spec, ()), data


def test_a_sample_is_written_at_the_end_of_a_training(tmp_path: Path) -> None:
    path = write_tiny(tmp_path)
    text = ("data=text", f"data.path={path}", "data.block=16", "scheduler=none")
    model, data = built("model=rnn", "model.net.hidden=8", *text)
    logger = RunLogger()
    logger.run = SimpleNamespace(artifacts=tmp_path / "run", log_metrics=lambda *a, **k: None)
    silent = {"enable_progress_bar": False, "enable_checkpointing": False}
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        limit_train_batches=1,
        logger=logger,
        callbacks=[Pictures()],
        enable_model_summary=False,
        **silent,
    )
    trainer.fit(model, datamodule=data)
    written = (tmp_path / "run" / "sample.txt").read_text()
    assert len(written) == 201
    assert set(written) <= {*data.spec.vocabulary, "\n"}
    assert model.training


def test_a_model_of_no_text_writes_nothing(tmp_path: Path) -> None:
    model, data = built("model=linear")
    write_sample(model, data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_compiled_net_writes_nothing(tmp_path: Path) -> None:
    net = torch.nn.Linear(1, 1)
    net._compiled_call_impl = net.forward  # as after net.compile(), which imports for seconds
    write_sample(SimpleNamespace(net=net), PythonDocs(), tmp_path)
    assert list(tmp_path.iterdir()) == []

"""A model and data of a user's own, with a place for a fault; its line is known."""

MODULE = """
import shutil
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import nn


class Own(pl.LightningModule):
    def __init__(self, spec, optimizer, scheduler=None):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(spec.features, spec.outputs))
        self.optimizer = optimizer

    def training_step(self, batch, index):
        inputs, target = batch
        {fault}
        loss = nn.functional.cross_entropy(self.net(inputs), target)
        self.log("train/loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, index):
        inputs, target = batch
        self.log("val/loss", nn.functional.cross_entropy(self.net(inputs), target))

    def configure_optimizers(self):
        return self.optimizer(self.parameters())
"""
FAULT_LINE = 1 + MODULE.split("{fault}")[0].count("\n")
WORKERS = """
import os
import signal

import pytorch_lightning as pl
import torch
from dlcli.data.spec import DataSpec
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        {fault}
        return torch.zeros(4), index % 2


class Data(pl.LightningDataModule):
    spec = DataSpec("vector", (4,), "class", classes=("a", "b"))

    def train_dataloader(self):
        return DataLoader(Rows(), batch_size=4, num_workers=1)
"""
ROW_LINE = 1 + WORKERS.split("{fault}")[0].count("\n")

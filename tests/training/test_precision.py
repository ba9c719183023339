"""Precisions in which a training would fail are refused before it begins."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pytorch_lightning.callbacks import Callback

from dlcli.errors import ConfigError
from dlcli.training.averaging import EqualAveraging
from dlcli.training.precision import check_precision

FUSED = {"fused": True}


def trainer(precision: str, clip: float | None = None, *callbacks: Callback) -> SimpleNamespace:
    return SimpleNamespace(precision=precision, gradient_clip_val=clip, callbacks=callbacks)


def test_what_trains_is_let_through() -> None:
    for precision in ("32-true", "bf16-mixed", "bf16-true"):
        check_precision(trainer(precision, 1.0), FUSED)
    check_precision(trainer("16-mixed"), FUSED)
    check_precision(trainer("16-mixed", 1.0), {"fused": False})


def test_half_precision_throughout_is_refused() -> None:
    with pytest.raises(ConfigError, match="use 16-mixed or bf16-mixed"):
        check_precision(trainer("16-true"), FUSED)


def test_an_average_of_weights_is_refused_where_it_would_be_rounded() -> None:
    average = EqualAveraging()
    check_precision(trainer("bf16-mixed", None, average), FUSED)
    with pytest.raises(ConfigError, match="use bf16-mixed"):
        check_precision(trainer("bf16-true", None, average), FUSED)


def test_clipping_under_a_fused_optimizer_is_refused_where_gradients_are_scaled() -> None:
    with pytest.raises(ConfigError, match=r"use optimizer\.fused=false"):
        check_precision(trainer("16-mixed", 1.0), FUSED)

"""Precisions in which a training would fail are refused before it begins."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dlcli.errors import ConfigError
from dlcli.training.precision import check_precision

FUSED = {"fused": True}


def trainer(precision: str, clip: float | None = None) -> SimpleNamespace:
    return SimpleNamespace(precision=precision, gradient_clip_val=clip)


def test_what_trains_is_let_through() -> None:
    for precision in ("32-true", "bf16-mixed", "bf16-true"):
        check_precision(trainer(precision, 1.0), FUSED)
    check_precision(trainer("16-mixed"), FUSED)
    check_precision(trainer("16-mixed", 1.0), {"fused": False})


def test_half_precision_throughout_is_refused() -> None:
    with pytest.raises(ConfigError, match="use 16-mixed or bf16-mixed"):
        check_precision(trainer("16-true"), FUSED)


def test_clipping_under_a_fused_optimizer_is_refused_where_gradients_are_scaled() -> None:
    with pytest.raises(ConfigError, match=r"use optimizer\.fused=false"):
        check_precision(trainer("16-mixed", 1.0), FUSED)

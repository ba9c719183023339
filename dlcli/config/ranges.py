"""The values that we know a number must have, by what it is an argument of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """An interval of numbers, with ``also`` allowed outside it; one number, where it says why."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    also: tuple[float, ...] = ()
    because: str = ""

    def holds(self, value: float) -> bool:
        """Tell whether the number is allowed."""
        if value in self.also:
            return True
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def __str__(self) -> str:
        """Return the range in words: ``above 0 and at most 1e+06``."""
        words = []
        if self.because:
            return f"{self.low:.10g}, as {self.because}"
        if self.low > -math.inf:
            words.append(f"{'above' if self.low_open else 'at least'} {self.low:.10g}")
        if self.high < math.inf:
            words.append(f"{'below' if self.high_open else 'at most'} {self.high:.10g}")
        return " and ".join(words) + "".join(f", or {value:g}" for value in self.also)


# No useful learning rate is near it, and every overflow of a typo is above it.
RATE = Range(0, 1e6, low_open=True)
RATE_OR_ZERO = Range(0, 1e6)
MOMENTUM = Range(0, 1, high_open=True)
FRACTION = Range(0, 1, low_open=True, high_open=True)
PART = Range(0, 1)
POSITIVE = Range(0, 1e9, low_open=True)
COUNT = Range(1, 1e9)
COUNT_OR_NONE = Range(0, 1e9)
SEED = Range(0, 2**32 - 1)

_EVERYWHERE = {
    "seed": SEED,
    "batch_size": Range(1, 1e7),
    "lr": RATE,
    "dropout": MOMENTUM,
    "word_dropout": MOMENTUM,
    "embedding_dropout": MOMENTUM,
    "embedding_spread": POSITIVE,
    "label_smoothing": MOMENTUM,
    "mixup": COUNT_OR_NONE,
    "weight_decay": RATE_OR_ZERO,
    "val_fraction": FRACTION,
    "test_fraction": FRACTION,
    "channels": Range(1, 1e6),
    "widths": Range(1, 1e6),
    "windows": Range(1, 1e6),
    "dense": Range(1, 1e6),
    "hidden": Range(1, 1e6),
    "embedding": Range(1, 1e6),
    "latent": COUNT,
    "noise": RATE_OR_ZERO,
    "lr_ratio": RATE,
    "samples": Range(2, 1e9),
    "bigrams": COUNT_OR_NONE,
    "patch": Range(1, 1e6),
    "width": Range(1, 1e6),
    "depth": Range(1, 1e4),
    "heads": Range(1, 1e4),
    "layers": Range(1, 1e4),
    "kernel_size": Range(1, 1e4),
    "patience": COUNT_OR_NONE,
    "shift": COUNT_OR_NONE,
    "train_size": COUNT,
    "num_workers": Range(0, 1024),
    "block": COUNT,
    "min_count": COUNT,
    "max_vocabulary": Range(2, 1e9),
    "max_length": COUNT,
    "kernels": Range(1, 1e4),
    "max_categories": COUNT,
}

_BY_TARGET: dict[str, dict[str, Range]] = {
    "dlcli.search.settings.": {
        "n_trials": Range(1, 1e6),
        "max_failures": COUNT,
        "retries": Range(0, 1000),
        "keep_checkpoints": COUNT,
        "workers": Range(1, 1024),
        "devices": Range(0, 1023),
        "timeout": POSITIVE,
        "trial_timeout": POSITIVE,
    },
    "optuna.samplers.": {
        "n_startup_trials": COUNT_OR_NONE,
        "n_ei_candidates": COUNT,
        "popsize": Range(2, 1e6),
    },
    "optuna.pruners.": {
        "n_startup_trials": COUNT_OR_NONE,
        "n_warmup_steps": COUNT_OR_NONE,
        "interval_steps": COUNT,
        "n_min_trials": COUNT,
        "percentile": Range(0, 100),
        "min_resource": COUNT,
        "max_resource": COUNT,
        "reduction_factor": Range(2, 1e6),
        "min_early_stopping_rate": COUNT_OR_NONE,
        "bootstrap_count": COUNT_OR_NONE,
        "patience": COUNT_OR_NONE,
        "min_delta": COUNT_OR_NONE,
    },
    "dlcli.nets.init.": {"std": RATE_OR_ZERO, "gain": POSITIVE, "slope": RATE_OR_ZERO},
    "dlcli.models.regularizer.": {"l1": RATE_OR_ZERO, "l2": RATE_OR_ZERO},
    "dlcli.models.schedule.": {"warmup": COUNT_OR_NONE},
    "dlcli.models.inverse_sqrt.": {"offset": COUNT},
    "torch.optim.lr_scheduler.": {
        "T_max": COUNT,
        "T_0": COUNT,
        "T_mult": COUNT,
        "total_iters": COUNT,
        "start_factor": Range(0, 1, low_open=True),
        "end_factor": PART,
        "step_size": COUNT,
        "total_steps": COUNT,
        "eta_min": RATE_OR_ZERO,
        "max_lr": RATE,
        "base_lr": RATE,
        "gamma": POSITIVE,
        "factor": Range(0, 1, high_open=True),
        "pct_start": PART,
        "div_factor": POSITIVE,
        "final_div_factor": POSITIVE,
    },
    "torch.optim.": {
        "betas": MOMENTUM,
        "momentum": MOMENTUM,
        "rho": PART,
        "alpha": PART,
        "eps": RATE_OR_ZERO,
        "lr_decay": RATE_OR_ZERO,
        "momentum_decay": RATE_OR_ZERO,
    },
    "dlcli.data.augment_signal.": {"noise": RATE_OR_ZERO, "scale": RATE_OR_ZERO},
    "torch.nn.": {"p": PART, "eps": RATE_OR_ZERO, "momentum": PART},
    "pytorch_lightning.Trainer": {
        "max_epochs": Range(1, 1e9, also=(-1,)),
        "min_epochs": COUNT_OR_NONE,
        "max_steps": Range(1, 1e12, also=(-1,)),
        "min_steps": COUNT_OR_NONE,
        "devices": Range(1, 4096, also=(-1,)),
        "num_nodes": Range(1, 1, because="a run is trained on one machine"),
        "limit_train_batches": POSITIVE,
        "limit_val_batches": COUNT_OR_NONE,
        "limit_test_batches": COUNT_OR_NONE,
        "overfit_batches": COUNT_OR_NONE,
        "accumulate_grad_batches": COUNT,
        "check_val_every_n_epoch": COUNT,
        "val_check_interval": POSITIVE,
        "gradient_clip_val": COUNT_OR_NONE,
        "log_every_n_steps": COUNT_OR_NONE,
        "num_sanity_val_steps": Range(0, 1e9, also=(-1,)),
    },
    "pytorch_lightning.callbacks.": {
        "decay": PART,
        "min_lr": RATE,
        "max_lr": RATE,
        "num_training_steps": COUNT,
        "init_val": COUNT,
        "max_trials": COUNT,
    },
    "dlcli.data.augment.": {
        "rotate": Range(0, 180),
        "scale": MOMENTUM,
        "crop": Range(0, 1, low_open=True),
        "colour": PART,
        "noise": COUNT_OR_NONE,
        "erase": COUNT_OR_NONE,
    },
    "dlcli.training.": {
        "every_n_epochs": COUNT,
        "start_epoch": COUNT_OR_NONE,
        "min_delta": COUNT_OR_NONE,
        "redraws_per_second": Range(0, 1000, low_open=True),
    },
}

# Lightning reads a whole number of these as batches, and a part as a share of them.
_SHARES = {"limit_train_batches", "limit_val_batches", "limit_test_batches", "overfit_batches"}


def out_of_range(target: str, name: str, value: Any) -> str | None:
    """Return what an argument must be, or None where its value is allowed or nothing is known."""
    if isinstance(value, (list, tuple)):
        found = (out_of_range(target, name, item) for item in value)
        return next((words for words in found if words), None)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if math.isnan(value):
        return "a number"
    if name in _SHARES and isinstance(value, float) and not PART.holds(value):
        return f"{PART} as a share, or a whole number of batches"
    known = _known(target, name)
    return None if known is None or known.holds(value) else str(known)


def _known(target: str, name: str) -> Range | None:
    for prefix, ranges in _BY_TARGET.items():
        if target.startswith(prefix):
            return ranges.get(name, _EVERYWHERE.get(name))
    return _EVERYWHERE.get(name)

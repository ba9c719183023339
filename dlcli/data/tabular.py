"""Tables that ship with scikit-learn: breast cancer, wine and diabetes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dlcli.data.bundled import bundled_file
from dlcli.data.examples import Examples, Source
from dlcli.data.memory import Memory
from dlcli.data.spec import DataSpec
from dlcli.errors import DataError


class Bundled(Memory):
    """A table of scikit-learn's.

    Args: those of ``Memory``.
    """

    title: str

    def read(self) -> Source:
        """All rows as vectors ``(N, F)``, and their classes ``(N,)`` or values ``(N, 1)``."""
        try:
            inputs, targets = self.table()
        except (ImportError, OSError, ValueError) as error:
            raise DataError(
                f"scikit-learn's {self.title} cannot be read ({error}); install scikit-learn again"
            ) from error
        examples = Examples(torch.from_numpy(inputs.astype(np.float32)), self.answers(targets))
        return Source(self.title, self.spec_of(inputs.shape[1]), {"train": examples})

    @abstractmethod
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs ``(N, F)`` and targets ``(N,)``."""

    @abstractmethod
    def answers(self, targets: np.ndarray) -> torch.Tensor:
        """The targets as a model learns them."""

    @abstractmethod
    def spec_of(self, features: int) -> DataSpec:
        """What the table looks like."""


class Classes(Bundled):
    """A table with a class in the last column."""

    classes: tuple[str, ...]

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """The bundled file, or what scikit-learn's own function makes of it."""
        path = bundled_file(f"{self.title}.csv") or bundled_file(f"{self.title}_data.csv")
        return from_file(path) if path else from_package(self.title)

    def answers(self, targets: np.ndarray) -> torch.Tensor:
        """Indices ``(N,)``."""
        return torch.from_numpy(targets.astype(np.int64))

    def spec_of(self, features: int) -> DataSpec:
        """Vectors and classes."""
        return DataSpec("vector", (features,), "class", classes=self.classes)


class BreastCancer(Classes):
    """Cell nuclei of 569 breast tumours, 30 features (Street, Wolberg & Mangasarian 1993)."""

    title = "breast_cancer"
    classes = ("malignant", "benign")


class Wine(Classes):
    """Chemical analysis of 178 wines of three growers, 13 features (Forina et al. 1991)."""

    title = "wine"
    classes = ("class_0", "class_1", "class_2")


class Diabetes(Bundled):
    """Progression of diabetes in 442 patients after a year, 10 features (Efron et al. 2004)."""

    title = "diabetes"

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """The bundled files, or what scikit-learn's own function makes of them."""
        inputs = bundled_file("diabetes_data_raw.csv.gz")
        targets = bundled_file("diabetes_target.csv.gz")
        if inputs is None or targets is None:
            return from_package(self.title, scaled=False)
        return np.loadtxt(inputs), np.loadtxt(targets)

    def answers(self, targets: np.ndarray) -> torch.Tensor:
        """Values ``(N, 1)``."""
        return torch.from_numpy(targets.astype(np.float32))[:, None]

    def spec_of(self, features: int) -> DataSpec:
        """Vectors and values."""
        return DataSpec("vector", (features,), "value")

    def fit(self, source: Source, train: Examples) -> dict[str, Any]:
        """Mean and standard deviation of the values."""
        targets = train.targets.double()
        return {"centre": float(targets.mean()), "scale": float(targets.std(correction=0))}

    def describe(self, spec: DataSpec, encoding: Mapping[str, Any]) -> DataSpec:
        """With the mean and the standard deviation that were trained on."""
        return replace(spec, centre=(encoding["centre"],), scale=(encoding["scale"],))


def from_file(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """All columns but the last, and the last; the first row is scikit-learn's summary."""
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    return rows[:, :-1], rows[:, -1]


def from_package(name: str, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """The same from scikit-learn's own function, for packages laid out otherwise."""
    import sklearn.datasets

    inputs, targets = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True, **options)
    return inputs, targets

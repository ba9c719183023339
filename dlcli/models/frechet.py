"""The distance between two sets of features, each taken for a Gaussian."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(one: Tensor, other: Tensor) -> Tensor:
    """The squared Fréchet distance between the Gaussians of two sets of features.

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))`` (Dowson & Landau 1982), by which Heusel et al.
    2017 compare images in the features of a classifier (there Inception's, hence FID).

    Args:
        one: ``(N, F)``, of two examples at least.
        other: ``(M, F)``, likewise.

    Returns:
        A scalar in double precision on the CPU, at least 0.
    """
    one, other = one.cpu().double(), other.cpu().double()  # some devices have no doubles
    apart = (one.mean(0) - other.mean(0)).square().sum()
    first, second = covariance(one), covariance(other)
    # S1 S2 has the eigenvalues of this symmetric product, which can be had without complex numbers.
    root = square_root(first)
    shared = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    distance: Tensor = apart + first.trace() + second.trace() - 2 * shared
    return distance.clamp(min=0)


def covariance(features: Tensor) -> Tensor:
    """``(N, F) -> (F, F)``, without bias."""
    centred = features - features.mean(0)
    return centred.T @ centred / (len(features) - 1)


def square_root(matrix: Tensor) -> Tensor:
    """Of a covariance ``(F, F)``, symmetric."""
    variances, axes = torch.linalg.eigh(matrix)
    root: Tensor = (axes * variances.clamp(min=0).sqrt()) @ axes.T
    return root

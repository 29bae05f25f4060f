"""Predicted and true cells as two clouds, all features together: no pairs are needed.

Xi et al. (2024) judge perturbations so that have no true pairs, by the 1-Wasserstein distance and a
Kullback–Leibler divergence, each perturbation by itself; their feature spaces are not stated, so
levels here are not theirs. What they print for perturbations a table by perturbation has, or the
folds of leave-one-perturbation-out.
"""

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import ImputationCase, UndefinedScoreError, evenly

MOST = 2000
"""Cells of either side that the exact distance looks at, evenly taken where there are more."""


def joint_wasserstein(case: ImputationCase) -> float:
    """1-Wasserstein distance of predicted and true cells, Euclidean, all features together.

    Exact, by the network simplex of POT, on at most `MOST` cells of either side. Unlike `wd` it
    sees how features go together; means of cells are nearer to all of them than cells are, so that
    it rewards blur.
    """
    import ot

    one, other = (side[evenly(len(side), MOST)] for side in (case.truth, case.prediction))
    costs = ot.dist(one, other, metric="euclidean")
    value, log = ot.emd2([], [], costs, numItermax=10_000_000, log=True)
    if log["warning"] is not None:
        raise UndefinedScoreError("not defined: the exact distance was not found")
    return float(value)


def divergence_1(case: ImputationCase) -> float:
    """Kullback–Leibler divergence by nearest neighbours; see `divergence`."""
    return divergence(case, 1)


def divergence_5(case: ImputationCase) -> float:
    """Kullback–Leibler divergence by fifth neighbours; see `divergence`."""
    return divergence(case, 5)


def divergence(case: ImputationCase, k: int) -> float:
    """Kullback–Leibler divergence of true from predicted cells, by k-nearest-neighbour distances.

    d/n Σ log(ν_i / ρ_i) + log(m / (n − 1)), ρ_i the distance of true cell i to its k-th nearest
    true cell, ν_i to its k-th nearest predicted one (Wang, Kulkarni & Verdú, IEEE Transactions on
    Information Theory 2009). It may be below 0 by chance. Cells that coincide with their neighbours
    have no density and are left out.

    Raises:
        UndefinedScoreError: too few cells, or all coincide.
    """
    truth, prediction = case.truth, case.prediction
    if len(truth) <= k or len(prediction) < k:
        raise UndefinedScoreError(f"not defined: {k} neighbours need more cells")
    own, other = _distances(truth, truth, k + 1), _distances(prediction, truth, k)
    known = (own > 0) & (other > 0)
    if not known.any():
        raise UndefinedScoreError("not defined: all cells coincide with their neighbours")
    ratio = np.log(other[known] / own[known]).mean()
    return float(truth.shape[1] * ratio + np.log(len(prediction) / (len(truth) - 1)))


def _distances(cells: NDArray[np.float64], to: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Distance of each of `to` to its k-th nearest of the cells, (n,)."""
    from sklearn.neighbors import NearestNeighbors

    found, _ = NearestNeighbors(n_neighbors=k).fit(cells).kneighbors(to)
    return np.asarray(found[:, -1], dtype=np.float64)

"""Distances inside labels, and plans as rows of shares: what several surrogates need."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.matching import TIE
from benchmark.metrics.surrogates.cases import Side
from weakpair.magnitudes import as_float64, in_reach

Floats = NDArray[np.float64]


def by_label(side: Side, least: int) -> list[NDArray[np.int64]]:
    """Rows of each label that has so many cells."""
    found = (np.flatnonzero(side.labels == label) for label in np.unique(side.labels))
    return [rows for rows in found if len(rows) >= least]


def reachable(x: Floats) -> Floats:
    """Features whose squares are numbers, whatever their unit."""
    return as_float64(in_reach(x)[0])


def distances_of(x: Floats) -> Floats:
    """Euclidean distances between all rows, (n, n)."""
    squares = np.einsum("ij,ij->i", x, x)
    sums = squares[:, None] + squares
    apart = sums - 2 * x @ x.T
    # What rounding alone may leave of equal rows is no distance.
    return np.sqrt(np.where(apart > TIE * sums, apart, 0.0))


def rows_to_one(plan: NDArray[np.floating[Any]]) -> Floats:
    """Rows of a dense plan as shares; rows without mass stay so."""
    sums = plan.sum(axis=1, keepdims=True)
    return np.asarray(plan / np.where(sums > 0, sums, 1), dtype=np.float64)

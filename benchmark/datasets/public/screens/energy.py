"""Energy distance of every perturbation to the control."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from benchmark.datasets.base import Strings

Metric = Literal["euclidean", "sqeuclidean"]
_CHUNK = 1024


def energy_distances(
    x: NDArray[np.floating], labels: Strings, control: str, metric: Metric = "euclidean"
) -> dict[str, float]:
    """2 E d(X, Y) - E d(X, X') - E d(Y, Y') for X of a perturbation and Y of the control.

    Székely & Rizzo, 2013. Means inside a group run over pairs of different cells, so that the
    estimate has no bias and a small group is not far from the control merely because it is small;
    it may fall below 0. Pairs are taken in blocks: memory grows with the cells, not their square.

    Args:
        x: coordinates, shape (n, d).
        labels: shape (n,).
        control: the label of the controls; it has no entry in the result.
        metric: "euclidean" as in the definition, or "sqeuclidean" as in scPerturb's E-statistics.

    Returns:
        Perturbation → distance; NaN for a group of one cell.
    """
    groups = {str(name): x[labels == name].astype(np.float64) for name in np.unique(labels)}
    inside = _mean_inside(groups[control], metric)
    return {
        name: 2 * _mean_between(mine, groups[control], metric) - _mean_inside(mine, metric) - inside
        for name, mine in groups.items()
        if name != control
    }


def _mean_between(a: NDArray[np.float64], b: NDArray[np.float64], metric: Metric) -> float:
    return _total(a, b, metric) / (len(a) * len(b))


def _mean_inside(a: NDArray[np.float64], metric: Metric) -> float:
    """Mean over pairs of different rows."""
    pairs = len(a) * (len(a) - 1)
    return _total(a, a, metric) / pairs if pairs else float("nan")


def _total(a: NDArray[np.float64], b: NDArray[np.float64], metric: Metric) -> float:
    total = 0.0
    for start in range(0, len(a), _CHUNK):
        total += float(cdist(a[start : start + _CHUNK], b, metric).sum())
    return total

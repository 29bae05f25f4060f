"""Nearest-neighbour graphs: neighbourhoods shared across modalities, and steps inside one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, shortest_path
from sklearn.neighbors import NearestNeighbors, kneighbors_graph

from aligners.inputs import in_reach

Points = NDArray[np.floating[Any]]
Float = NDArray[np.float64]

SQUARES = 500
"""Exponent of the largest points whose squares fit float64."""


def jaccard(x: Points, y: Points, k: int) -> Float:
    """Jaccard index of neighbourhoods in one cloud, (r, d) and (c, d) → (r, c).

    The cells of both modalities are one cloud, and a cell has its `k` nearest in it, itself first
    (Xi et al., Propensity score alignment, 2024). A row that shares no neighbour with any column
    has 1 everywhere.
    """
    cloud = np.concatenate([x, y])
    k = min(k, len(cloud))
    member = _members(cloud, cloud, k)
    shared = (member[: len(x)] @ member[len(x) :].T).toarray()
    return _never_empty(shared / (2 * k - shared))


def jaccard_of_both(x: Points, y: Points, k: int) -> Float:
    """Jaccard index of neighbourhoods in either modality, unit rows; shapes as in `jaccard`.

    With k1 = min(k, r) neighbours among x and k2 = min(k, c) among y, of which two cells share I,
    it is I / (2 k1 + 2 k2 - I).
    """
    one, two = _unit(x), _unit(y)
    k1, k2 = min(k, len(x)), min(k, len(y))
    inside1 = _members(one, one, k1) @ _members(two, one, k1).T
    inside2 = _members(one, two, k2) @ _members(two, two, k2).T
    shared = (inside1 + inside2).toarray()
    return _never_empty(shared / (2 * k1 + 2 * k2 - shared))


def _members(cells: Points, others: Points, k: int) -> csr_array:
    """The k nearest of (m, d) others to each of (n, d) cells, ones in a sparse (n, m) matrix."""
    found = NearestNeighbors(n_neighbors=k).fit(others).kneighbors(cells, return_distance=False)
    starts = np.arange(0, found.size + 1, k)
    return csr_array((np.ones(found.size), found.ravel(), starts), shape=(len(cells), len(others)))


def _unit(z: Points) -> Float:
    """Rows of length 1; those that are zero stay so."""
    sizes = np.abs(z).max(1, keepdims=True)
    z = z / np.where(sizes > 0, sizes, 1)  # whose squares are numbers, whatever the unit
    norms = np.linalg.norm(z, axis=1, keepdims=True)
    return np.asarray(z / np.where(norms > 0, norms, 1))


def _never_empty(weights: Float) -> Float:
    """The weights, in place, with 1 throughout a row that has none."""
    weights[weights.sum(1) == 0] = 1.0
    return np.asarray(weights)


def geodesics(z: Float, k: int) -> tuple[Float, int]:
    """Steps between cells in the symmetrised graph of k neighbours by correlation, maximum 1.

    Also the number of pieces the graph falls into. Cells whose latent is constant have no
    correlation and count as uncorrelated with all.
    """
    if len(z) == 1:
        return np.zeros((1, 1)), 1
    # Correlations do not know the unit of a cell.
    z = np.concatenate([in_reach(row[None], reach=SQUARES)[0] for row in z])
    centred = z - z.mean(1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(norms > 0, norms, 1)
    graph = kneighbors_graph(unit, min(k, len(z) - 1), mode="connectivity")
    steps = shortest_path(graph, directed=False, unweighted=True)
    pieces = int(connected_components(graph, directed=False)[0])
    reached = np.isfinite(steps)
    largest = steps[reached].max() or 1.0
    return np.where(reached, steps, largest) / largest, pieces

"""iLISI: how well batches mix among a cell's nearest neighbours. IPIC, C.4; Korsunsky et al. 2019.

IPIC says that the entropy of the neighbours' weights matches log k, which only equal weights can.
Like Harmony's reference and scib-metrics, the entropy here is that of `k / 3` equal neighbours (the
perplexity), and distances are Euclidean, not squared.
"""

import numpy as np
from numpy.typing import NDArray

from weakpair.magnitudes import in_reach

NEIGHBOURS = 90
_TOLERANCE = 1e-5
_HALVINGS = 200

Floats = NDArray[np.float64]


def ilisi(
    x: NDArray[np.floating], batches: NDArray[np.str_], neighbours: int = NEIGHBOURS
) -> float:
    """Mean over cells of the effective number of batches around a cell.

    1 where every neighbourhood is of one batch; the number of batches where they mix evenly.

    Args:
        x: embeddings, (n, d), n >= 2.
        batches: batch of every cell, (n,).
        neighbours: nearest other cells that count, k; with fewer than k + 1 cells, all others. The
            perplexity is k // 3, at least 1.
    """
    from sklearn.neighbors import NearestNeighbors  # listing metrics must not take seconds

    k = min(neighbours, len(x) - 1)
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(_fitting(x))
    # Without a query the cells themselves are left out of their neighbourhoods.
    distances, indices = search.kneighbors()
    _, codes = np.unique(batches, return_inverse=True)
    weights = neighbour_weights(distances.astype(np.float64), max(1, k // 3))
    return float(np.mean(1 / _simpson(weights, codes[indices])))


def _fitting(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Embeddings whose squared distances are numbers; weights do not know the unit."""
    real = x if x.dtype == np.float32 else x.astype(np.float64, copy=False)
    return in_reach(real)[0]


def neighbour_weights(distances: Floats, perplexity: float) -> Floats:
    """Weights proportional to exp(-beta_i * distance) whose entropy is log(perplexity).

    Args:
        distances: to the neighbours of each cell, (n, k).
        perplexity: effective number of neighbours, between 1 and k.

    Returns:
        Weights, (n, k), rows summing to 1. Where no beta reaches the entropy (ties at the smallest
        distance hold more than `perplexity` neighbours, or k is the perplexity) they are what beta
        tends to.
    """
    target = np.log(perplexity)
    shifted = distances - distances.min(axis=1, keepdims=True)
    beta = np.ones(len(distances))
    low, high = np.zeros_like(beta), np.full_like(beta, np.inf)
    for _ in range(_HALVINGS):
        excess = _entropy(shifted, beta) - target
        open_ = np.abs(excess) > _TOLERANCE
        if not open_.any():
            break
        spread = open_ & (excess > 0)  # too even: a larger beta
        low = np.where(spread, beta, low)
        high = np.where(open_ & ~spread, beta, high)
        middle = np.where(np.isinf(high), beta * 2, (low + high) / 2)
        beta = np.where(open_, middle, beta)
    return _weights(shifted, beta)


def _weights(shifted: Floats, beta: Floats) -> Floats:
    mass = np.exp(-shifted * beta[:, None])
    normalised: Floats = mass / mass.sum(axis=1, keepdims=True)
    return normalised


def _entropy(shifted: Floats, beta: Floats) -> Floats:
    weights = _weights(shifted, beta)
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    entropy: Floats = -(weights * logs).sum(axis=1)
    return entropy


def _simpson(weights: Floats, codes: NDArray[np.int64]) -> Floats:
    """Sum over batches of the squared share of each among a cell's neighbours, (n,)."""
    shares = [np.where(codes == code, weights, 0.0).sum(axis=1) for code in range(codes.max() + 1)]
    simpson: Floats = np.square(shares).sum(axis=0)
    return simpson

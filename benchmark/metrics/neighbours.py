"""k-nearest-neighbour graphs by cosine, in blocks of rows, with ties broken by index."""

import numpy as np
from numpy.typing import NDArray

BLOCK_BYTES = 16 * 2**20
# Cosines are compared after rounding to this step: equal rows are ties whatever the rounding of
# the matrix product that compared them.
COSINE_STEP = 1e-12


def block_rows(n_columns: int, block_bytes: int = BLOCK_BYTES) -> int:
    """Rows of float64 that fit in a block of `n_columns` columns, at least one.

    >>> block_rows(2**20)
    2
    """
    return max(1, block_bytes // (8 * max(1, n_columns)))


def unit_rows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of `x` (n, k) scaled to length 1; rows of zeros stay, so their cosines are 0."""
    peak = np.abs(x).max(axis=1, keepdims=True)
    scaled = np.divide(x, peak, out=np.zeros_like(x), where=peak > 0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(scaled, length, out=np.zeros_like(x), where=length > 0)
    return unit


def nearest_by_cosine(
    x: NDArray[np.float64], k: int, *, block_bytes: int = BLOCK_BYTES
) -> NDArray[np.int64]:
    """The k rows with the largest cosine to each row, itself excluded.

    Of equally near rows (cosines that agree to 1e-12) those with the lower index are taken.

    Args:
        x: features, (n, d), finite.
        k: neighbours per row, 1 <= k <= n - 1.
        block_bytes: bound on the memory of one block of cosines.

    Returns:
        Row indices, (n, k), in ascending order within a row.
    """
    n, unit = len(x), unit_rows(x)
    graph = np.empty((n, k), dtype=np.int64)
    step = block_rows(n, block_bytes)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        graph[rows] = _nearest(unit[rows] @ unit.T, start, k)
    return graph


def _nearest(cosines: NDArray[np.float64], start: int, k: int) -> NDArray[np.int64]:
    """Neighbours of the rows `start`, `start` + 1, ... from their cosines with all rows."""
    m, n = cosines.shape
    steps = np.rint(cosines / COSINE_STEP).astype(np.int64)
    # One integer orders by falling cosine, then by index, so that a partial sort is a strict order.
    order = np.arange(n) - steps * n
    order[np.arange(m), start + np.arange(m)] = np.iinfo(np.int64).max
    nearest: NDArray[np.int64] = np.partition(order, k - 1, axis=1)[:, :k] % n
    return np.sort(nearest, axis=1)


def shared_neighbours(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of common entries in each row of two graphs (n, k), shape (n,)."""
    count = np.zeros(len(a), dtype=np.int64)
    for column in a.T:
        count += (b == column[:, None]).any(axis=1)
    return count

"""Perturbation consistency: are cells of one treatment more alike than those of two? IPIC, C.3.

All similarities between two groups average to the product of the groups' mean unit vectors, so the
score of n cells takes n vector additions, exactly, and no matrix of n x n similarities.
"""

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.neighbours import BLOCK_BYTES, block_rows, unit_rows

Floats = NDArray[np.float64]


def perturbation_consistency(
    x: NDArray[np.floating], labels: NDArray[np.str_], *, block_bytes: int = BLOCK_BYTES
) -> float:
    """Similarity within groups over similarity between them; IPIC Eq. 14.

    The numerator sums the mean cosine within each group (a cell with itself included, Eq. 12), the
    denominator that of all ordered pairs of two groups (Eq. 13): with L groups that are alike the
    score is 1 / (L - 1), the level of the paper's Table 9. Zero vectors have a cosine of 0.

    Args:
        x: embeddings, (n, d), finite.
        labels: treatment of every cell, (n,).
        block_bytes: bound on the memory of one block of rows.

    Raises:
        UndefinedScoreError: one group only, or groups that are on average not alike at all (a sum
            of cosines of 0 or less), as those of centred embeddings are: the ratio then says
            nothing about consistency.
    """
    means = group_means(x, labels, block_bytes=block_bytes)
    if len(means) < 2:
        raise UndefinedScoreError("not defined: the test cells have one treatment only")
    within = float(np.square(means).sum())
    total = means.sum(axis=0)
    between = float(total @ total) - within
    # Orthogonal groups leave rounding errors, which are no similarity.
    if between <= 1e-9 * within:
        raise UndefinedScoreError(
            "not defined: the mean cosine between treatments is not above 0 (centred embeddings)"
        )
    return within / between


def group_means(
    x: NDArray[np.floating], labels: NDArray[np.str_], *, block_bytes: int = BLOCK_BYTES
) -> Floats:
    """Mean of the unit vectors of each group, (groups, d); rows by name of the group."""
    names, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), x.shape[1]))
    step = block_rows(x.shape[1], block_bytes)
    for start in range(0, len(x), step):
        rows = slice(start, start + step)
        members = codes[rows, None] == np.arange(len(names))
        sums += members.T.astype(np.float64) @ unit_rows(x[rows].astype(np.float64))
    means: Floats = sums / counts[:, None]
    return means

"""Pseudo-pairs: cells of both modalities that have the same labels, drawn at random."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Strings = NDArray[np.str_]


def strata(columns: Sequence[tuple[Strings, Strings]]) -> tuple[Rows, Rows]:
    """Number the combinations of labels that cells have, the same way in both modalities.

    Args:
        columns: label of every cell of modality 1, (n1,), and of modality 2, (n2,), for each kind
            of label.

    >>> one, two = strata([(np.array(["a", "a", "b"]), np.array(["b", "a"]))])
    >>> one.tolist(), two.tolist()
    ([0, 0, 1], [1, 0])
    """
    kinds = np.stack([np.concatenate(both) for both in columns], axis=1)
    codes = np.unique(kinds, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    split = len(columns[0][0])
    return codes[:split], codes[split:]


def pair_within(first: Rows, second: Rows, seed: int) -> tuple[Rows, Rows]:
    """Pair cells at random inside each stratum that both modalities have.

    Every cell of such a stratum takes part: where one modality has fewer cells, they are used
    several times, as evenly as possible (IPIC pairs each sequence of COMP with about four images).

    Args:
        first: stratum of every cell of modality 1, (n1,).
        second: stratum of every cell of modality 2, (n2,).
        seed: source of the randomness.

    Returns:
        Rows of modality 1 and of modality 2, (pairs,) each.
    """
    draw = np.random.default_rng(seed)
    rows1, rows2 = [], []
    for stratum in np.intersect1d(first, second):
        one, two = (draw.permutation(np.flatnonzero(codes == stratum)) for codes in (first, second))
        size = max(len(one), len(two))
        rows1.append(np.resize(one, size))
        rows2.append(np.resize(two, size))
    if not rows1:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(rows1), np.concatenate(rows2)

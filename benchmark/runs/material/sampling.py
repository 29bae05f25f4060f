"""Samples of cells that are the same in both modalities."""

import numpy as np
from numpy.typing import NDArray


def evenly(ids: NDArray[np.str_], most: int) -> NDArray[np.intp]:
    """Rows of `most` cells at most, evenly over the sorted ids: true pairs stay together.

    >>> evenly(np.array(["c", "a", "b", "d"]), 2).tolist()
    [1, 3]
    """
    order: NDArray[np.intp] = np.argsort(ids, kind="stable")
    count = min(len(order), most)
    rows: NDArray[np.intp] = order[np.linspace(0, len(order) - 1, count).round().astype(int)]
    return rows

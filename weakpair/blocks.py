"""Rows of large arrays block by block, so that no more than a block is widened at a time."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", np.float32, np.float64)

ROWS = 8192
"""Rows that are widened to float64 at a time: fewer cells than these are one block."""


def row_blocks(count: int) -> Iterator[slice]:
    """Slices of at most `ROWS` rows, in order.

    >>> [block.stop for block in row_blocks(10_000)]
    [8192, 10000]
    """
    for start in range(0, count, ROWS):
        yield slice(start, min(start + ROWS, count))


def by_blocks(
    function: Callable[[NDArray[np.float32]], NDArray[Value]], x: NDArray[np.float32]
) -> NDArray[Value]:
    """Apply a function of rows, (n, k) → (n, m), block by block, into one new array."""
    if len(x) <= ROWS:
        return function(x)
    first, *others = row_blocks(len(x))
    head = function(x[first])
    found = np.empty((len(x), head.shape[1]), head.dtype)
    found[first] = head
    for rows in others:
        found[rows] = function(x[rows])
    return found


def moments(x: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of every column of rows (n, k), in float64: (k,) each.

    The deviation has n in the denominator. Its values are those of NumPy
    (`x.std(axis=0, dtype=np.float64)`), which widens all rows at once.

    >>> [column.tolist() for column in moments(np.array([[1.0], [3.0]], dtype=np.float32))]
    [[2.0], [1.0]]
    """
    mean, squares = x.mean(axis=0, dtype=np.float64), np.zeros(x.shape[1])
    for rows in row_blocks(len(x)):
        part = np.square(x[rows] - mean)
        part[0] += squares  # so that terms are added in NumPy's order, row by row
        squares = part.sum(axis=0)
    return mean, np.sqrt(squares / len(x))

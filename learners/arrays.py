"""Features in whatever form they are given, as one array of float32."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from weakpair.errors import ParameterError

ROWS = 8192
"""Rows that are widened to float64 at a time: fewer cells than these are one block."""
_KINDS = "biuf"  # of numpy's types: booleans, whole numbers, floating-point numbers


def row_blocks(count: int) -> Iterator[slice]:
    """Slices of at most `ROWS` rows, in order.

    >>> [block.stop for block in row_blocks(10_000)]
    [8192, 10000]
    """
    for start in range(0, count, ROWS):
        yield slice(start, min(start + ROWS, count))


def by_blocks(
    function: Callable[[NDArray[np.float32]], NDArray[np.float32]], x: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What a function of rows, (n, k) → (n, m), makes of `x`, block by block in one new array."""
    if len(x) <= ROWS:
        return function(x)
    first, *others = row_blocks(len(x))
    head = function(x[first])
    found = np.empty((len(x), head.shape[1]), head.dtype)
    found[first] = head
    for rows in others:
        found[rows] = function(x[rows])
    return found


def deviation(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Standard deviation of every column of rows (n, k), n in the denominator, in float64: (k,).

    The values are NumPy's (`x.std(axis=0, dtype=np.float64)`), which widens all rows at once.

    >>> deviation(np.array([[1.0], [3.0]], dtype=np.float32)).tolist()
    [1.0]
    """
    mean, squares = x.mean(axis=0, dtype=np.float64), np.zeros(x.shape[1])
    for rows in row_blocks(len(x)):
        part = np.square(x[rows] - mean)
        part[0] += squares  # so that terms are added in NumPy's order, row by row
        squares = part.sum(axis=0)
    return np.sqrt(squares / len(x))


def as_float32(x: ArrayLike | Any, name: str) -> NDArray[np.float32]:
    """Features (n, k) as a contiguous float32 array; one that is such is returned as it is.

    Besides arrays, scipy's sparse matrices and arrays (made dense, once), data frames and masked
    arrays without masked values are taken.

    Args:
        x: the features.
        name: what to call them in an error.

    Raises:
        ParameterError: values that are no real numbers, are missing, or too large for float32.
    """
    array = _plain(x, name)
    if array.dtype.kind == "O":
        array = _numbers(array, name)
    if array.dtype.kind not in _KINDS:
        raise ParameterError(f"{name} holds values of type {array.dtype}; they must be numbers")
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(array, dtype=np.float32)
    if array.dtype.itemsize > single.dtype.itemsize:
        _check_overflow(array, single, name)
    return single


def _plain(x: ArrayLike | Any, name: str) -> NDArray[Any]:
    """A dense array of the values, of any type."""
    if sparse.issparse(x):
        matrix: Any = x
        return np.asarray(matrix.toarray())
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        row = int(np.argwhere(np.ma.getmaskarray(x))[0][0])
        raise ParameterError(f"{name} row {row} holds masked values; fill them, or drop the row")
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        line = str(error).splitlines()[0]
        raise ParameterError(f"{name} cannot be read as (cells, features): {line}") from None


def _numbers(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Python's objects as numbers; text is refused, even where it looks like one."""
    for place, value in np.ndenumerate(array):
        if isinstance(value, str | bytes | complex | np.complexfloating):
            raise ParameterError(
                f"{name} row {place[0] if place else 0} holds {value!r}; features must be numbers"
            )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        line = str(error).splitlines()[0]
        raise ParameterError(f"{name} holds values that are no numbers: {line}") from None


def _check_overflow(array: NDArray[Any], single: NDArray[np.float32], name: str) -> None:
    lost = np.isinf(single) & np.isfinite(array)
    if lost.any():
        place = np.argwhere(lost)[0]
        raise ParameterError(
            f"{name} row {int(place[0])} holds {array[tuple(place)]:.3g}, too large for float32 "
            "(3.4e38 at most); scale the features"
        )

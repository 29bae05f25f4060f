"""Features in whatever form they are given, as one array of float32."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from weakpair.errors import ParameterError

_KINDS = "biuf"  # of numpy's types: booleans, whole numbers, floating-point numbers


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

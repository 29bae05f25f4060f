"""Numbers so large or small that their squares are no numbers of the type any more."""

from math import frexp

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32] | NDArray[np.float64]

REACH = 40
"""Up to 2^40 and down to 2^-40, squares and what is summed of them fit float32 with ease."""


def largest_magnitude(values: Real) -> float:
    """Largest absolute value of a finite array that is not empty.

    >>> largest_magnitude(np.array([1.0, -3.0]))
    3.0
    """
    return max(float(values.max()), -float(values.min()))


def as_float64(values: Real) -> NDArray[np.float64]:
    """An array in float64; one that is such is returned as it is."""
    return values.astype(np.float64, copy=False)


def excess(*arrays: Real, reach: int = REACH) -> int:
    """Exponent of two that the largest magnitude of all arrays has beyond reach, 0 in reach.

    >>> excess(np.array([2.0**50])), excess(np.array([0.0, 1.0])), excess(np.array([2.0**-50]))
    (11, 0, -9)
    """
    # The exponent of 0 is 0: nothing but zeros is in reach.
    exponent = frexp(max(map(largest_magnitude, arrays)))[1]
    return exponent - min(max(exponent, -reach), reach)


def in_reach(*arrays: Real, reach: int = REACH) -> tuple[Real, ...]:
    """Finite arrays, all times one power of two where the largest magnitude is out of reach.

    What does not depend on the arrays' unit is then the same to the last bit, for such a product
    is exact, and may be squared. Arrays that are in reach are returned as they are, the others in
    float64, their largest magnitude just in reach: what is small beside it stays a number.

    Args:
        arrays: of any shapes, not empty, in one unit.
        reach: exponent of the largest magnitude, either way, that is left alone.

    >>> in_reach(np.array([3.0, -4.0]))
    (array([ 3., -4.]),)
    >>> in_reach(np.array([2.0**100, 0.0]), np.array([2.0**98]), reach=1)
    (array([1., 0.]), array([0.25]))
    """
    exponent = excess(*arrays, reach=reach)
    if not exponent:
        return arrays
    return tuple(np.ldexp(array.astype(np.float64), -exponent) for array in arrays)

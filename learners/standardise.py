"""Standardisation with the training rows' moments, shared by all learners."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from weakpair.blocks import by_blocks, moments

Features = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Standardiser:
    """Column means and factors, each of shape (k,), float64; z = (x - mean) * factor.

    A column that is constant in the training rows has factor 0: it becomes 0 everywhere, in
    training rows and in new ones, never NaN.

    >>> x = np.array([[1.0, 5.0], [3.0, 5.0]], dtype=np.float32)
    >>> Standardiser.fit(x).apply(x).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """

    mean: NDArray[np.float64]
    factor: NDArray[np.float64]

    @classmethod
    def fit(cls, x: Features) -> Self:
        """Moments of training rows, shape (n, k); the standard deviation divides by n."""
        varies = x.max(axis=0) > x.min(axis=0)
        mean, spread = moments(x)
        factor = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
        return cls(mean, factor)

    @classmethod
    def identity(cls, width: int) -> Self:
        """Leave `width` columns as they are."""
        return cls(np.zeros(width), np.ones(width))

    @classmethod
    def of(cls, x: Features, standardise: bool) -> Self:
        """Fit to training rows, or leave them as they are."""
        return cls.fit(x) if standardise else cls.identity(x.shape[1])

    def apply(self, x: Features) -> Features:
        """Standardise rows, shape (n, k), to float32."""
        return by_blocks(lambda rows: ((rows - self.mean) * self.factor).astype(np.float32), x)

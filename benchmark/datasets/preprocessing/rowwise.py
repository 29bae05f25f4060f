"""Steps that look at one cell at a time."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from benchmark.datasets.base import Features
from benchmark.datasets.preprocessing.steps import RowwiseStep
from weakpair.errors import DataError


def counts_only(x: Features, step: str) -> None:
    """Refuse negative values.

    Raises:
        DataError: a value is negative.
    """
    if x.size and x.min() < 0:
        raise DataError(
            f"{step} needs counts, but the smallest value is {x.min():g}; "
            "leave it out of `preprocess` for data that are already transformed"
        )


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """Quotient in float64, 0 where the denominator is 0."""
    top, bottom = np.broadcast_arrays(numerator, denominator)
    quotient = np.zeros(top.shape, np.float64)
    np.divide(top, bottom, out=quotient, where=bottom != 0, dtype=np.float64)
    return quotient


class NormalizeTotal(RowwiseStep):
    """Counts per cell: every row is scaled to the sum `target_sum`; rows of zeros stay."""

    name: Literal["normalize-total"] = "normalize-total"
    target_sum: float = Field(default=1e4, gt=0)

    def apply(self, x: Features) -> Features:
        """Rows of sum `target_sum`."""
        counts_only(x, self.name)
        total = x.sum(axis=1, keepdims=True, dtype=np.float64)
        return (x * ratio(self.target_sum, total)).astype(np.float32)


class Log1p(RowwiseStep):
    """log(1 + x)."""

    name: Literal["log1p"] = "log1p"

    def apply(self, x: Features) -> Features:
        """Logarithms of non-negative values."""
        counts_only(x, self.name)
        return np.log1p(x)


class Arcsinh(RowwiseStep):
    """arcsinh(x / cofactor), the transformation of mass cytometry (cofactor 5)."""

    name: Literal["arcsinh"] = "arcsinh"
    cofactor: float = Field(default=5.0, gt=0)

    def apply(self, x: Features) -> Features:
        """Transformed values of either sign."""
        transformed: Features = np.arcsinh(x / self.cofactor).astype(np.float32)
        return transformed


class L2(RowwiseStep):
    """Every row divided by its Euclidean length; rows of zeros stay."""

    name: Literal["l2"] = "l2"

    def apply(self, x: Features) -> Features:
        """Rows of length 1."""
        length = np.sqrt(np.square(x, dtype=np.float64).sum(axis=1, keepdims=True))
        return ratio(x, length).astype(np.float32)


class Clr(RowwiseStep):
    """Centred log-ratio: log(1 + x) minus its mean over the features of the cell."""

    name: Literal["clr"] = "clr"

    def apply(self, x: Features) -> Features:
        """Rows of mean 0."""
        counts_only(x, self.name)
        logged = np.log1p(x)
        centre = logged.mean(axis=1, keepdims=True, dtype=np.float64)
        centred: Features = (logged - centre).astype(np.float32)
        return centred

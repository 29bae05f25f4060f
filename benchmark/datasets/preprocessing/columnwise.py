"""Steps with statistics of the training rows: scaling, weighting and selection of features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from benchmark.datasets.base import Features, Rows
from benchmark.datasets.preprocessing.rowwise import counts_only, ratio
from benchmark.datasets.preprocessing.steps import Fitted, Step
from weakpair.blocks import moments
from weakpair.errors import DataError

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scaled(Fitted):
    """(x - mean) / scale, per feature.

    `learners.standardise.Standardiser` gives other bits: it multiplies by an inverse, and makes a
    feature that was constant in training 0 in new rows too.
    """

    mean: Vector
    scale: Vector

    def apply(self, x: Features) -> Features:
        """Standardised features."""
        return ((x - self.mean) / self.scale).astype(np.float32)


class ZScore(Step):
    """Mean 0 and standard deviation 1 (n in the denominator); constant features become 0."""

    name: Literal["zscore"] = "zscore"

    def fit(self, x: Features) -> Scaled:
        """Means and standard deviations of the training rows."""
        mean, deviation = moments(x)
        # A constant float32 column has a deviation of rounding size, not exactly 0.
        constant = (x == x[:1]).all(axis=0)
        return Scaled(mean, np.where(constant, 1.0, deviation))


@dataclass(frozen=True, eq=False)
class Weighted(Fitted):
    """log(1 + scale · term frequency · inverse document frequency)."""

    weights: Vector

    def apply(self, x: Features) -> Features:
        """Weighted and logarithmised term frequencies."""
        counts_only(x, "tfidf")
        total = x.sum(axis=1, keepdims=True, dtype=np.float64)
        return np.log1p(ratio(x, total) * self.weights).astype(np.float32)


class TfIdf(Step):
    """Term frequency–inverse document frequency, the normalisation of chromatin accessibility.

    log(1 + scale · x_ij / Σ_j x_ij · n / Σ_i x_ij), the sums over i and n from training rows
    (Stuart et al., Cell 2019, the default of Signac). A feature without training counts becomes 0.
    """

    name: Literal["tfidf"] = "tfidf"
    scale: float = Field(default=1e4, gt=0)

    def fit(self, x: Features) -> Weighted:
        """Inverse document frequencies of the training rows."""
        counts_only(x, self.name)
        total = x.sum(axis=0, dtype=np.float64)
        return Weighted(self.scale * ratio(len(x), total))


@dataclass(frozen=True, eq=False)
class Selected(Fitted):
    """Some of the features, in their order."""

    columns: Rows

    def apply(self, x: Features) -> Features:
        """The selected features."""
        return np.ascontiguousarray(x[:, self.columns])

    def rename(self, features: Sequence[str]) -> tuple[str, ...]:
        """The names that are left."""
        return tuple(features[j] for j in self.columns)


class HighlyVariable(Step):
    """The `n` features of highest normalised dispersion; all of them where there are fewer.

    The `seurat` flavour (Satija et al., Nature Biotechnology 2015): expects log1p data, undoes the
    logarithm, and standardises log(variance / mean) inside 20 bins of equal width of log1p(mean).
    A feature alone in its bin scores 1; features without variance come last.
    """

    name: Literal["hvg"] = "hvg"
    n: int = Field(default=2000, ge=1)
    bins: int = Field(default=20, ge=1)

    def fit(self, x: Features) -> Selected:
        """The features that vary most in the training rows."""
        return Selected(highest(normalised_dispersion(x, self.bins), self.n))


class Detected(Step):
    """The features that are not 0 in at least the `share` of the training rows."""

    name: Literal["detected"] = "detected"
    share: float = Field(default=0.01, gt=0, le=1)

    def fit(self, x: Features) -> Selected:
        """The features that are seen often enough.

        Raises:
            DataError: no feature is.
        """
        return Selected(self.chosen((x != 0).mean(axis=0)))

    def chosen(self, shares: Vector) -> Rows:
        """Columns to keep, from the share of rows that each is not 0 in."""
        columns = np.flatnonzero(shares >= self.share).astype(np.int64)
        if not columns.size:
            raise DataError(
                f"detected: no feature is seen in {self.share:g} of the cells; lower it"
            )
        return columns


def highest(scores: Vector, n: int) -> Rows:
    """Columns of the `n` highest scores, ascending; NaN comes last, ties in order."""
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")
    return np.sort(order[:n]).astype(np.int64)


def normalised_dispersion(x: Features, bins: int) -> Vector:
    """Normalised dispersion of log1p data, shape (k,); NaN for features without variance.

    Raises:
        DataError: values too large to be logarithms.
    """
    with np.errstate(over="ignore"):
        linear = np.expm1(x, dtype=np.float64)
    if not np.isfinite(linear).all() or len(x) < 2:
        raise DataError("hvg needs at least two rows of log1p data; put log1p before it")
    mean = linear.mean(axis=0)
    # Differences of rounding size must not count as variance.
    constant = (x == x[:1]).all(axis=0)
    variance = np.where(constant, np.nan, linear.var(axis=0, ddof=1))
    return dispersion_scores(mean, variance, bins)


def dispersion_scores(mean: Vector, variance: Vector, bins: int) -> Vector:
    """Normalised dispersion from means and variances of counts, shape (k,).

    A variance of NaN marks a feature without one. A mean below 0, which only counts relative to a
    baseline have, leaves the logarithm undefined: such a feature scores NaN, as in scanpy.
    """
    with np.errstate(invalid="ignore"):
        dispersion = np.log(variance / np.where(mean == 0, 1e-12, mean))
    return _standardised(dispersion, _equal_bins(np.log1p(mean), bins), bins)


def _equal_bins(values: Vector, bins: int) -> Rows:
    """Bin of every value, `bins` of equal width over the range, closed on the right."""
    low, high = values.min(), values.max()
    if low == high:
        return np.zeros(len(values), np.int64)
    edges = np.linspace(low, high, bins + 1)[1:-1]
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def _standardised(values: Vector, groups: Rows, bins: int) -> Vector:
    known = ~np.isnan(values)
    score = np.full(len(values), np.nan)
    for group in range(bins):
        members = known & (groups == group)
        inside = values[members]
        if inside.size == 1:
            score[members] = 1.0
        elif inside.size:
            score[members] = ratio(inside - inside.mean(), inside.std(ddof=1))
    return score

"""Standard errors over a declared unit, and tests that know training sets overlap."""

from collections.abc import Hashable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weakpair.errors import ParameterError

Unit = Literal["fold", "replicate"]

_SAME = 12


@dataclass(frozen=True)
class Estimate:
    """Mean and standard error over n units; `done` (replicate, fold) pairs have a score."""

    mean: float
    se: float
    n: int
    done: int

    @property
    def sd(self) -> float:
        """Sample standard deviation over the n units."""
        return self.se * sqrt(self.n)


def estimate(scores: pd.DataFrame, unit: Unit) -> list[Estimate]:
    """Mean and standard error of each row of scores, in the order of the rows.

    SE = sample standard deviation (ddof 1) over the units, divided by √n. With unit "replicate"
    the folds of a replicate are averaged first: its one number is what varies.

    Args:
        scores: rows = combinations, columns = (replicate, fold); NaN where there is no score.
        unit: over what the SE is taken.

    Returns:
        One estimate per row: the mean is NaN without any score, the SE below two units.
    """
    per_unit = by_unit(scores, unit)
    n = per_unit.notna().sum(axis=1)
    se = per_unit.std(axis=1, ddof=1) / np.sqrt(n.where(n > 0))
    columns = (per_unit.mean(axis=1), se, n, scores.notna().sum(axis=1))
    return [Estimate(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def by_unit(scores: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """One column per unit: with unit "replicate" the folds of a replicate are averaged first.

    Args:
        scores: rows = combinations, columns = (replicate, fold).
        unit: what varies.
    """
    return scores if unit == "fold" else scores.T.groupby(level=0).mean().T


@dataclass(frozen=True)
class NotIdentifiable:
    """A question that the data cannot answer, whatever the scores are, with the reason."""

    reason: str


def corrected_t_tests(
    differences: NDArray[np.float64], test_to_train: float
) -> NDArray[np.float64]:
    """Two-sided p-values of Nadeau–Bengio corrected resampled t-tests, shape (m, n) to (m,).

    Folds that share training rows give correlated differences, so their variance is multiplied by
    1/n + test_to_train instead of 1/n (Nadeau & Bengio, Machine Learning 52, 2003, Eq. 12).
    Independent replicates share nothing: there the ratio is 0 and this is the paired t-test.

    Args:
        differences: score of one method minus that of the other; a row per test, n ≥ 2 units.
        test_to_train: test rows / training rows; 1 / (k − 1) for k folds, 0.25 for 80/20.

    Raises:
        ParameterError: fewer than two units, NaN, or a negative ratio.
    """
    if differences.ndim != 2 or differences.shape[1] < 2 or not np.isfinite(differences).all():
        raise ParameterError("differences must be rows of at least two finite numbers")
    if test_to_train < 0:
        raise ParameterError(f"test_to_train must be at least 0, not {test_to_train}")
    return _corrected(differences, test_to_train)[1]


def one_sided_t_tests(
    differences: NDArray[np.float64], test_to_train: float
) -> NDArray[np.float64]:
    """One-sided p-values of mean differences of zero or less, shape (m, n) to (m,).

    With a margin added to the differences these are tests of non-inferiority; with both signs of
    it, of equivalence (Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987).
    """
    from scipy.stats import t

    statistics, _ = _corrected(differences, test_to_train)
    p_values: NDArray[np.float64] = t.sf(statistics, differences.shape[1] - 1)
    return p_values


def half_widths(
    differences: NDArray[np.float64], test_to_train: float, level: float
) -> NDArray[np.float64]:
    """Half the widths of two-sided intervals of mean differences, shape (m, n) to (m,).

    Args:
        differences: one row per test, n ≥ 2 units.
        test_to_train: as in `corrected_t_tests`.
        level: how often an interval may miss, e.g. 0.05.
    """
    from scipy.stats import t

    quantile = float(t.ppf(1 - level / 2, differences.shape[1] - 1))
    return quantile * errors_of_means(differences, test_to_train)


POWER = 0.8
"""Chance with which a difference of the resolution is told from none."""


def resolution(values: NDArray[np.float64], test_to_train: float, level: float) -> float:
    """The smallest difference of two rows that tests like ours would tell from none.

    It is (t of 1 − level / 2 + t of the power) times the corrected standard error of a difference,
    with n − 1 degrees of freedom: the median over all pairs of rows. `level` is shared between the
    pairs, as Holm's first step has it.

    Args:
        values: a row per combination, n ≥ 2 units; at least two rows.
        test_to_train: as in `corrected_t_tests`.
        level: family-wise error rate.
    """
    from scipy.stats import t

    first, second = np.triu_indices(len(values), k=1)
    errors = errors_of_means(values[first] - values[second], test_to_train)
    freedom = values.shape[1] - 1
    steps = t.ppf(1 - level / (2 * len(first)), freedom) + t.ppf(POWER, freedom)
    return float(steps * np.median(errors))


def errors_of_means(differences: NDArray[np.float64], test_to_train: float) -> NDArray[np.float64]:
    """Corrected standard errors of mean differences, shape (m, n) to (m,)."""
    share = 1 / differences.shape[1] + test_to_train
    return np.asarray(np.sqrt(differences.var(axis=1, ddof=1) * share))


def _corrected(
    differences: NDArray[np.float64], test_to_train: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Statistics and two-sided p-values of many differences, shape (m, n) to twice (m,).

    A constant difference is infinitely far from zero, none at all is not.
    """
    from scipy.stats import t

    mean, deviation = differences.mean(axis=1), errors_of_means(differences, test_to_train)
    constant = np.where(mean == 0, 0.0, np.copysign(np.inf, mean))
    statistics = np.divide(mean, deviation, out=constant, where=deviation > 0)
    return statistics, 2 * t.sf(np.abs(statistics), differences.shape[1] - 1)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down adjustment, shape (m,) to (m,): controls the family-wise error rate.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


@dataclass(frozen=True)
class Comparison:
    """One combination against the best: its mean minus the best's, and the adjusted p-value."""

    name: Hashable
    gap: float
    p_value: float


def compare_with_best(
    scores: pd.DataFrame, *, higher_is_better: bool, test_to_train: float
) -> list[Comparison]:
    """Compare the best combination by mean with every other, in the order of their means.

    The best was chosen by the same scores, so any pair could have become a comparison with the
    best: Holm's adjustment runs over all pairs of combinations. Over the comparisons with the best
    alone, 24 % of families of 35 equal combinations would have a false positive at 5 %.

    Args:
        scores: rows = combinations, columns = units, without NaN.
        higher_is_better: the metric's direction.
        test_to_train: as in `corrected_t_tests`.

    Returns:
        The best first, with a gap of 0 and a p-value of 1. One unit tells nothing apart: then
        every p-value is 1.

    Raises:
        ParameterError: no rows, or NaN in the scores (the test is paired).
    """
    if scores.empty or scores.isna().to_numpy().any():
        raise ParameterError("scores must hold a number for every combination and unit")
    # Sums taken in another order differ in the last bits; they must not be a constant difference.
    ordered = scores.round(_SAME)
    order = ordered.mean(axis=1).sort_values(ascending=not higher_is_better, kind="stable").index
    values = ordered.loc[order].to_numpy(dtype=float)
    p_values = np.ones(len(values))
    if len(values) > 1 and values.shape[1] > 1:
        # Pairs come sorted by their first member: those of the best stand first.
        first, second = np.triu_indices(len(values), k=1)
        adjusted = holm(_corrected(values[first] - values[second], test_to_train)[1])
        p_values[1:] = adjusted[: len(values) - 1]
    means = values.mean(axis=1)
    return [
        Comparison(name, gap, p)
        for name, gap, p in zip(order, (means - means[0]).tolist(), p_values.tolist(), strict=True)
    ]

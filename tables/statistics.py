"""Standard errors over a declared unit, and tests that know training sets overlap."""

from dataclasses import dataclass
from math import copysign, inf, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from weakpair.errors import ParameterError

Unit = Literal["fold", "replicate"]


@dataclass(frozen=True)
class Estimate:
    """Mean and standard error over n units; `done` (replicate, fold) pairs have a score."""

    mean: float
    se: float
    n: int
    done: int


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
    per_unit = scores if unit == "fold" else scores.T.groupby(level=0).mean().T
    n = per_unit.notna().sum(axis=1)
    se = per_unit.std(axis=1, ddof=1) / np.sqrt(n.where(n > 0))
    columns = (per_unit.mean(axis=1), se, n, scores.notna().sum(axis=1))
    return [Estimate(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


@dataclass(frozen=True)
class PairedTest:
    """A two-sided test of a mean difference of zero."""

    mean: float
    statistic: float
    p_value: float
    degrees: int


def corrected_t_test(differences: ArrayLike, test_to_train: float) -> PairedTest:
    """Nadeau–Bengio corrected resampled t-test of paired differences.

    Folds that share training rows give correlated differences, so their variance is multiplied by
    1/n + test_to_train instead of 1/n (Nadeau & Bengio, Machine Learning 52, 2003, Eq. 12).
    Independent replicates share nothing: there the ratio is 0 and this is the paired t-test.

    Args:
        differences: score of one method minus that of the other, per unit, shape (n,), n ≥ 2.
        test_to_train: test rows / training rows; 1 / (k − 1) for k folds, 0.25 for 80/20.

    Raises:
        ParameterError: fewer than two units, NaN, or a negative ratio.
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ParameterError("differences must be a vector of at least two finite numbers")
    if test_to_train < 0:
        raise ParameterError(f"test_to_train must be at least 0, not {test_to_train}")
    n, mean = len(values), float(values.mean())
    variance = float(values.var(ddof=1)) * (1 / n + test_to_train)
    statistic = _ratio(mean, sqrt(variance))
    return PairedTest(mean, statistic, _two_sided(statistic, n - 1), n - 1)


def _ratio(mean: float, deviation: float) -> float:
    """Mean over deviation; a constant difference is infinitely far from zero, none is not."""
    if deviation > 0:
        return mean / deviation
    return copysign(inf, mean) if mean else 0.0


def _two_sided(statistic: float, degrees: int) -> float:
    from scipy.stats import t

    return float(2 * t.sf(abs(statistic), degrees))


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


def tied_with_best(
    scores: pd.DataFrame,
    *,
    higher_is_better: bool,
    test_to_train: float,
    alpha: float = 0.05,
) -> list[str]:
    """Combinations that cannot be told from the best one, the best one first.

    The best by mean is compared with every other by `corrected_t_test`, Holm-adjusted over those
    comparisons. One unit tells nothing apart: then all are tied.

    Args:
        scores: rows = combinations, columns = units, without NaN.
        higher_is_better: the metric's direction.
        test_to_train: as in `corrected_t_test`.
        alpha: level of the family of comparisons.

    Raises:
        ParameterError: no rows, or NaN in the scores (the test is paired).
    """
    if scores.empty or scores.isna().to_numpy().any():
        raise ParameterError("scores must hold a number for every combination and unit")
    order = scores.mean(axis=1).sort_values(ascending=not higher_is_better, kind="stable").index
    best, others = order[0], order[1:]
    if scores.shape[1] < 2 or others.empty:
        return list(order)
    gaps = scores.loc[best].to_numpy() - scores.loc[others].to_numpy()
    adjusted = holm([corrected_t_test(gap, test_to_train).p_value for gap in gaps])
    return [best, *others[adjusted > alpha]]

"""Standard errors by their formula; tests against scipy and closed forms."""

from math import isnan, sqrt
from statistics import mean, stdev

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t, ttest_rel

from tables.inference.statistics import compare_with_best, corrected_t_tests, estimate, holm
from weakpair.errors import ParameterError

FLOATS = st.integers(-1_000_000, 1_000_000).map(lambda thousandths: thousandths / 1000)


def frame(*rows: list[float], replicates: int = 1) -> pd.DataFrame:
    folds = len(rows[0]) // replicates
    units = pd.MultiIndex.from_product([range(replicates), [str(f) for f in range(folds)]])
    return pd.DataFrame(list(rows), columns=units)


@given(st.lists(FLOATS, min_size=2, max_size=9))
def test_se_is_the_sample_deviation_over_the_root_of_n(values: list[float]) -> None:
    (found,) = estimate(frame(values), "fold")
    assert found.mean == pytest.approx(mean(values), abs=1e-9)
    assert found.se == pytest.approx(stdev(values) / sqrt(len(values)), abs=1e-9)
    assert found.n == found.done == len(values)


def test_folds_of_a_replicate_are_averaged_first() -> None:
    values = [1.0, 3.0, 2.0, 6.0, 5.0, 7.0]
    (found,) = estimate(frame(values, replicates=3), "replicate")
    per_replicate = [2.0, 4.0, 6.0]
    assert found.mean == mean(per_replicate)
    assert found.se == pytest.approx(stdev(per_replicate) / sqrt(3))
    assert (found.n, found.done) == (3, 6)


def test_missing_scores_are_counted_not_averaged_as_zero() -> None:
    some, none, one = estimate(
        frame([1.0, np.nan, 3.0], [np.nan] * 3, [np.nan, 2.0, np.nan]), "fold"
    )
    assert (some.mean, some.n, some.done) == (2.0, 2, 2)
    assert isnan(none.mean)
    assert isnan(none.se)
    assert none.done == 0
    assert one.mean == 2.0
    assert isnan(one.se)


def p_of(differences: ArrayLike, ratio: float) -> float:
    """The p-value of one test."""
    return float(corrected_t_tests(np.atleast_2d(np.asarray(differences, float)), ratio)[0])


@given(st.lists(FLOATS, min_size=2, max_size=12, unique=True), st.floats(0, 1))
def test_nadeau_bengio_closed_form(values: list[float], ratio: float) -> None:
    n = len(values)
    statistic = mean(values) / (stdev(values) * sqrt(1 / n + ratio))
    assert p_of(values, ratio) == pytest.approx(2 * t.sf(abs(statistic), n - 1), rel=1e-6)


def test_without_overlap_it_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 10))
    assert p_of(a - b, 0) == pytest.approx(ttest_rel(a, b).pvalue)


def test_overlap_never_makes_a_difference_more_certain() -> None:
    differences = [0.1, 0.2, 0.15, 0.05, 0.12]
    ps = [p_of(differences, ratio) for ratio in (0, 0.11, 0.25, 1)]
    assert ps == sorted(ps)
    assert ps[0] < ps[-1]


def test_constant_differences() -> None:
    assert p_of([0.0, 0.0, 0.0], 0.25) == 1
    assert p_of([-0.5, -0.5], 0.25) == 0


@pytest.mark.parametrize(
    ("differences", "ratio"), [([1.0], 0.25), ([1.0, np.nan], 0.25), ([1.0, 2.0], -0.1)]
)
def test_what_cannot_be_tested_is_said(differences: list[float], ratio: float) -> None:
    with pytest.raises(ParameterError):
        p_of(differences, ratio)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_against_the_definition(p_values: list[float]) -> None:
    """Adjusted p of the i-th smallest: the largest (m − j + 1)·p_(j) for j ≤ i, at most 1."""
    m = len(p_values)
    order = sorted(range(m), key=lambda i: p_values[i])
    expected = [0.0] * m
    for place, index in enumerate(order):
        steps = [(m - j) * p_values[order[j]] for j in range(place + 1)]
        expected[index] = min(1.0, max(steps))
    np.testing.assert_allclose(holm(p_values), expected)


def test_the_best_is_told_from_the_far_and_not_from_the_near() -> None:
    rng = np.random.default_rng(1)
    base = rng.normal(size=10)
    table = pd.DataFrame(
        [base, base + 0.01 * rng.normal(size=10), base + 5 + 0.1 * rng.normal(size=10)],
        index=["a", "b", "far"],
    )
    for higher, tied in ((False, {"a", "b"}), (True, {"far"})):
        found = compare_with_best(table, higher_is_better=higher, test_to_train=0.25)
        assert {one.name for one in found if one.p_value > 0.05} == tied


def test_one_unit_tells_nothing_apart() -> None:
    table = pd.DataFrame([[0.1], [0.9]], index=["a", "b"])
    found = compare_with_best(table, higher_is_better=True, test_to_train=0.25)
    assert [(one.name, one.p_value) for one in found] == [("b", 1.0), ("a", 1.0)]


def test_comparisons_are_paired_so_a_hole_is_an_error() -> None:
    table = pd.DataFrame([[0.1, np.nan], [0.9, 0.8]], index=["a", "b"])
    with pytest.raises(ParameterError):
        compare_with_best(table, higher_is_better=True, test_to_train=0.25)


def _loss(x: NDArray[np.float64], y: NDArray[np.float64], test: NDArray[np.bool_]) -> float:
    weights = np.linalg.lstsq(x[~test], y[~test], rcond=None)[0]
    return float(np.mean((y[test] - x[test] @ weights) ** 2))


def _null_rejections(scheme: str, ratio: float, simulations: int) -> float:
    """Two regressions on halves of the features that are exchangeable, so neither is better."""
    rng = np.random.default_rng(0)
    n, width, rejected = 100, 10, 0
    for _ in range(simulations):
        a, b = rng.normal(size=(2, n, width))
        y = rng.normal(size=n) + 0.3 * (a + b).sum(axis=1)
        tests = _test_sets(rng, n, scheme)
        differences = [_loss(a, y, test) - _loss(b, y, test) for test in tests]
        rejected += p_of(differences, ratio) < 0.05
    return rejected / simulations


def _test_sets(rng: np.random.Generator, n: int, scheme: str) -> list[NDArray[np.bool_]]:
    if scheme == "kfold":
        fold = rng.permutation(n) % 5
        return [fold == k for k in range(5)]
    return [np.isin(np.arange(n), rng.permutation(n)[: n // 5]) for _ in range(15)]


@pytest.mark.slow
def test_false_positives_of_overlapping_holdouts() -> None:
    """Fifteen overlapping 80/20 splits: 5 % ± 1.5 % corrected; uncorrected many times that."""
    assert _null_rejections("holdouts", 0.25, 2000) == pytest.approx(0.05, abs=0.015)
    assert _null_rejections("holdouts", 0.0, 500) > 0.2


@pytest.mark.slow
def test_false_positives_of_five_folds() -> None:
    """Folds of one k-fold overlap in training rows only: there the correction is cautious."""
    assert _null_rejections("kfold", 0.25, 2000) <= 0.065

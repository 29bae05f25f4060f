"""Laws: scores are their formulas, controls score chance, ties count half, blocks are invisible."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aligners.plan.plan import Plan
from benchmark.metrics import score_matching
from benchmark.metrics.cases import MatchingCase, Pairs, UndefinedScoreError
from benchmark.metrics.matching import fraction_closer, latent_mse
from tests.benchmark.metrics.plans import dense, label_uniform
from weakpair.errors import DataError, ParameterError

Matrix = NDArray[np.float64]


def scores(weights: Matrix, x1: Matrix, x2: Matrix, pairs: Pairs) -> dict[str, float]:
    return {s.metric: s.value for s in score_matching(dense(weights), x1, x2, pairs)}


def draw(n1: int, n2: int, seed: int = 0) -> tuple[Matrix, Matrix, Matrix]:
    rng = np.random.default_rng(seed)
    weights = rng.gamma(0.3, size=(n1, n2))
    return weights / weights.sum(), rng.normal(size=(n1, 5)) + 3, rng.normal(size=(n2, 4)) - 2


def slow_trace(weights: Matrix, i: NDArray[np.int64], j: NDArray[np.int64]) -> float:
    return float(np.mean([weights[a, b] / weights[a].sum() for a, b in zip(i, j, strict=True)]))


def slow_fraction(
    weights: Matrix, x: Matrix, sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> float:
    """One direction of the metric: rows of `weights` are projected into the space of `x`."""
    fractions = []
    for p, source in enumerate(sources):
        row = weights[source] / weights[source].sum()
        profile = sum(w * y for w, y in zip(row, x, strict=True))
        away = [float(np.linalg.norm(profile - x[target])) for target in targets]
        count = sum(
            0.5 if np.isclose(away[q], away[p], rtol=1e-9) else float(away[q] < away[p])
            for q in range(len(targets))
            if q != p
        )
        fractions.append(count / (len(targets) - 1))
    return float(np.mean(fractions))


def slow_foscttm(
    weights: Matrix, x1: Matrix, x2: Matrix, i: NDArray[np.int64], j: NDArray[np.int64]
) -> float:
    return (slow_fraction(weights.T, x1, j, i) + slow_fraction(weights, x2, i, j)) / 2


@settings(deadline=None, max_examples=40)
@given(
    n1=st.integers(2, 12),
    n2=st.integers(2, 12),
    seed=st.integers(0, 10**6),
    rounded=st.booleans(),
    data=st.data(),
)
def test_scores_are_their_formulas_for_any_pairs_of_any_part_of_the_cells(
    n1: int, n2: int, seed: int, rounded: bool, data: st.DataObject
) -> None:
    weights, x1, x2 = draw(n1, n2, seed)
    if rounded:
        x1, x2 = x1.round(), x2.round()
    rng = np.random.default_rng(seed)
    m = data.draw(st.integers(2, min(n1, n2)))
    i, j = rng.permutation(n1)[:m], rng.permutation(n2)[:m]
    values = scores(weights, x1, x2, (i, j))
    assert values["trace"] == pytest.approx(slow_trace(weights, i, j), rel=1e-12)
    assert values["foscttm"] == pytest.approx(slow_foscttm(weights, x1, x2, i, j), abs=1e-12)


def test_the_order_of_cells_and_of_pairs_says_nothing() -> None:
    weights, x1, x2 = draw(15, 12)
    i, j = np.arange(12), np.arange(12)
    rng = np.random.default_rng(3)
    rows, columns, order = rng.permutation(15), rng.permutation(12), rng.permutation(12)
    moved = scores(
        weights[rows][:, columns],
        x1[rows],
        x2[columns],
        (np.argsort(rows)[i][order], np.argsort(columns)[j][order]),
    )
    assert moved == pytest.approx(scores(weights, x1, x2, (i, j)), rel=1e-12)


def test_exchanging_the_modalities_keeps_foscttm() -> None:
    weights, x1, x2 = draw(9, 11)
    i, j = np.arange(9), np.arange(9)
    there, back = scores(weights, x1, x2, (i, j)), scores(weights.T, x2, x1, (j, i))
    assert back["foscttm"] == pytest.approx(there["foscttm"], rel=1e-12)


def test_the_true_plan_is_perfect_and_the_opposite_one_is_not() -> None:
    n = 20
    line = np.arange(n, dtype=float)[:, None]
    pairs = (np.arange(n), np.arange(n))
    assert scores(np.eye(n) / n, line, line, pairs) == {"trace": 1.0, "foscttm": 0.0}
    mirrored = scores(np.eye(n)[::-1] / n, line, line, pairs)
    assert mirrored["trace"] == 0.0
    assert mirrored["foscttm"] == pytest.approx(slow_foscttm(np.eye(n)[::-1], line, line, *pairs))
    assert mirrored["foscttm"] > 0.6


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rounded", [False, True])
def test_a_uniform_plan_scores_exactly_chance(dtype: type[np.floating], rounded: bool) -> None:
    _, x1, x2 = draw(40, 30)
    if rounded:
        x1, x2 = x1.round(), x2.round()
    weights = np.full((40, 30), 1 / 1200, dtype=dtype)
    values = scores(weights, x1, x2, (np.arange(30), np.arange(30)))
    assert values["trace"] == pytest.approx(1 / 30, rel=1e-6)
    assert values["foscttm"] == pytest.approx(0.5, abs=1e-12)


def test_a_label_uniform_plan_scores_chance_inside_separated_labels_and_zero_across() -> None:
    labels = [0] * 12 + [1] * 20
    rng = np.random.default_rng(1)
    x1, x2 = (rng.normal(size=(32, 3)) + 1000.0 * np.array(labels)[:, None] for _ in range(2))
    pairs = (np.arange(32), np.arange(32))
    computed = score_matching(label_uniform(labels, labels), x1, x2, pairs)
    values = {score.metric: score.value for score in computed}
    inside = (12 * 11 + 20 * 19) / 2 / (32 * 31)
    assert values["foscttm"] == pytest.approx(inside, abs=1e-12)
    assert values["trace"] == pytest.approx(2 / 32, rel=1e-12)


def test_blocks_score_as_the_dense_plan_they_are() -> None:
    t1, t2 = [0, 1, 0, 2, 1, 0, 2], [2, 0, 1, 1, 0]
    plan = label_uniform(t1, t2)
    _, x1, x2 = draw(7, 5)
    pairs = (np.array([0, 1, 3]), np.array([1, 2, 0]))
    expected = scores(plan.todense().astype(np.float64), x1, x2, pairs)
    computed = {s.metric: s.value for s in score_matching(plan, x1, x2, pairs)}
    assert computed == pytest.approx(expected, rel=1e-12)


def test_random_permutations_score_chance_on_average() -> None:
    n, values = 60, []
    _, x1, x2 = draw(n, n)
    for seed in range(20):
        weights = np.eye(n)[np.random.default_rng(seed).permutation(n)] / n
        values.append(scores(weights, x1, x2, (np.arange(n), np.arange(n)))["foscttm"])
    assert np.mean(values) == pytest.approx(0.5, abs=0.03)


def test_equal_cells_tie_and_count_half() -> None:
    x = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 1.0]])
    plan = np.eye(3) / 3
    values = scores(plan, x, x, (np.arange(3), np.arange(3)))
    assert values["foscttm"] == pytest.approx((0.5 / 2 + 0.5 / 2 + 0) / 3, rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_equal_cells_tie_at_any_place_of_a_wide_product(offset: float) -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(rng.normal(size=(50, 301)) + offset, 2, axis=0)[rng.permutation(100)]
    values = scores(np.eye(100) / 100, x, x, (np.arange(100), np.arange(100)))
    assert values["foscttm"] == pytest.approx(0.5 / 99, rel=1e-12)


def test_cells_that_differ_by_ten_parts_in_a_million_do_not_tie() -> None:
    base = np.random.default_rng(0).normal(size=(8, 50))
    x = np.concatenate([base, base * (1 + 1e-5)])
    assert scores(np.eye(16) / 16, x, x, (np.arange(16), np.arange(16)))["foscttm"] == 0.0


def test_blocks_of_any_size_give_the_same_fractions() -> None:
    rng = np.random.default_rng(4)
    profiles, candidates = rng.normal(size=(2, 41, 6))
    whole = fraction_closer(profiles, candidates)
    for rows in (1, 5, 40):
        blocked = fraction_closer(profiles, candidates, block_bytes=8 * 41 * rows)
        np.testing.assert_array_equal(blocked, whole)


def test_cells_without_mass_score_chance_and_weigh_their_partner_zero() -> None:
    weights = np.eye(4)
    weights[0] = 0.0
    x = np.arange(4.0)[:, None]
    values = scores(weights / 3, x, x, (np.arange(4), np.arange(4)))
    assert values["trace"] == pytest.approx(0.75)
    assert values["foscttm"] == pytest.approx(0.5 / 4)


@pytest.mark.parametrize("pairs", [None, ([], []), (np.array([], int), np.array([], int))])
def test_without_pairs_scores_are_not_defined(pairs: Pairs | None) -> None:
    weights, x1, x2 = draw(5, 4)
    for score in score_matching(dense(weights), x1, x2, pairs):
        assert np.isnan(score.value)
        assert score.note == "not defined: the data set has no true pairs"


def test_one_pair_has_a_trace_but_no_foscttm() -> None:
    weights, x1, x2 = draw(5, 4)
    trace, foscttm = score_matching(dense(weights), x1, x2, ([3], [1]))
    assert trace.value == pytest.approx(weights[3, 1] / weights[3].sum(), rel=1e-12)
    assert np.isnan(foscttm.value)
    assert foscttm.note == "not defined: one true pair leaves no other cell to be closer"


def test_wrong_input_ends_in_one_line() -> None:
    weights, x1, x2 = draw(5, 4)
    plan, pairs = dense(weights), ([0, 1], [0, 1])
    with pytest.raises(ParameterError, match=r"shape is \(5, 4\), the features have 4 and 4 rows"):
        score_matching(plan, x1[:4], x2, pairs)
    with pytest.raises(DataError, match="x2 holds NaN"):
        score_matching(plan, x1, x2 * np.nan, pairs)
    with pytest.raises(DataError, match=r"pairs name columns outside 0\.\.3"):
        score_matching(plan, x1, x2, ([0, 1], [0, 4]))
    with pytest.raises(DataError, match="one of the rows twice"):
        score_matching(plan, x1, x2, ([1, 1], [0, 1]))
    with pytest.raises(DataError, match="2 rows and 1 columns"):
        score_matching(plan, x1, x2, ([0, 1], [0]))


def test_one_cell_per_label_leaves_a_plan_inside_labels_no_choice() -> None:
    """Trace would be 1 whatever the method: it is not defined there, and is for other plans."""
    n = 5
    _, x1, x2 = draw(n, n)
    pairs = (np.arange(n), np.arange(n))
    alone = label_uniform(list(range(n)), list(range(n)))
    made = score_matching(alone, x1, x2, pairs)
    assert {score.metric for score in made} == {"trace", "foscttm"}
    assert all(np.isnan(score.value) for score in made)
    assert all("one test cell per label" in score.note for score in made)
    two = label_uniform([0, 0, 1, 2, 3], [0, 0, 1, 2, 3])
    assert scores_of(two, x1, x2, pairs)["trace"] == pytest.approx(0.8)
    assert scores(np.full((n, n), 1 / n**2), x1, x2, pairs)["trace"] == pytest.approx(1 / n)


def scores_of(plan: Plan, x1: Matrix, x2: Matrix, pairs: Pairs) -> dict[str, float]:
    return {s.metric: s.value for s in score_matching(plan, x1, x2, pairs)}


def latent_error(weights: Matrix, z1: Matrix, z2: Matrix) -> float:
    case = MatchingCase.of(dense(weights), z1, z2, None)
    return latent_mse(replace(case, latents=(z1, z2)))


def test_latent_mse_is_the_error_of_each_rows_mean_partner() -> None:
    weights, _, _ = draw(6, 9)
    rng = np.random.default_rng(1)
    z1, z2 = rng.normal(size=(6, 2)), rng.normal(size=(9, 2))
    shares = weights / weights.sum(axis=1, keepdims=True)
    expected = np.mean([np.square(z1[i] - shares[i] @ z2).mean() for i in range(6)])
    assert latent_error(weights, z1, z2) == pytest.approx(expected)


def test_latent_mse_of_true_pairs_is_zero_and_a_mean_halves_what_a_random_partner_errs() -> None:
    z = np.random.default_rng(2).normal(size=(300, 3))
    assert latent_error(np.eye(300) / 300, z, z) < 1e-30
    blurred = latent_error(np.full((300, 300), 1 / 300**2), z, z)
    shuffled = latent_error(np.eye(300)[np.random.default_rng(3).permutation(300)] / 300, z, z)
    assert shuffled == pytest.approx(2 * blurred, rel=0.1)


def test_without_true_latents_there_is_no_latent_mse() -> None:
    weights, x1, x2 = draw(4, 4)
    with pytest.raises(UndefinedScoreError, match="simulations alone"):
        latent_mse(MatchingCase.of(dense(weights), x1, x2, None))


def test_parts_of_a_case_project_the_whole_plan_once() -> None:
    weights, x1, x2 = draw(8, 8)
    case = MatchingCase.of(dense(weights), x1, x2, (np.arange(8), np.arange(8)))
    part = case.only(np.array([1, 5]))
    assert "to_first" not in vars(case)
    assert part.to_first is case.to_first
    assert part.only(np.array([0])).to_second is case.to_second

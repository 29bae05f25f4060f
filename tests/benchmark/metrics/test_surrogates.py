"""Surrogates: what each sees without pairs, what it cannot see, and what it is fooled by."""

import numpy as np
import pytest
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from aligners.plan.plan import Block, Plan, Status
from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates import (
    cycle,
    evidence,
    held_out,
    held_out_energy,
    hidden_label,
    stability,
    structure,
)
from benchmark.metrics.surrogates.cases import Hidden, Matched, Side, SurrogateCase

DONE = Status(iterations=0, marginal_error=0.0, converged=True, epsilon=None, dtype="float64")
RNG = np.random.default_rng(0)
EACH = 15
T = np.repeat(list("abcd"), EACH)
GROUPS = np.where(np.isin(T, ["a", "b"]), "a+b", "c+d")
X = RNG.normal(size=(len(T), 5)) + 4 * (T[:, None] == np.array(list("abcd")))[:, [0, 1, 2, 3, 0]]


def plan(weights: ArrayLike) -> Plan:
    dense = torch.as_tensor(np.asarray(weights, dtype=np.float64))
    rows, columns = (torch.arange(n) for n in dense.shape)
    return Plan(
        (dense.shape[0], dense.shape[1]), (Block(rows, columns, dense / dense.sum()),), DONE
    )


def within(labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """The plan that is uniform inside labels."""
    same = (labels[:, None] == labels).astype(np.float64)
    return np.asarray(same / same.sum(axis=1, keepdims=True))


def shuffled(seed: int) -> NDArray[np.int64]:
    """Rows in random order inside their labels."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(t == T)) for t in np.unique(T)])


def case(weights: ArrayLike, *hidden: ArrayLike) -> SurrogateCase:
    guesses = tuple(Hidden(plan(one), GROUPS, GROUPS) for one in hidden)
    return SurrogateCase(plan(weights), Side(X, T), Side(2 * X[:, ::-1], T), guesses)


PAIRS, BLUR = np.eye(len(T)), within(T)
RANDOM = np.eye(len(T))[shuffled(1)]


def test_hidden_labels_run_from_chance_to_always_right() -> None:
    assert hidden_label(case(BLUR, within(GROUPS))) == pytest.approx(0, abs=1e-12)
    assert hidden_label(case(BLUR, BLUR)) == pytest.approx(1)
    halfway = within(T) + within(GROUPS)
    assert hidden_label(case(BLUR, halfway)) == pytest.approx(0.5)
    assert hidden_label(case(BLUR, BLUR, within(GROUPS))) == pytest.approx(0.5), "the mean"


def test_mass_that_leaves_the_group_is_below_chance() -> None:
    everywhere = np.ones((len(T), len(T)))
    assert hidden_label(case(BLUR, everywhere)) == pytest.approx(-0.5)
    wrong = 1 - within(GROUPS) * 2 * EACH
    assert hidden_label(case(BLUR, wrong)) == pytest.approx(-1)


def test_both_directions_count() -> None:
    """All rows go to one right cell of their label, so columns without mass have nothing."""
    lopsided = np.zeros((len(T), len(T)))
    for label in "abcd":
        lopsided[label == T, np.flatnonzero(label == T)[0]] = 1
    assert 0 < hidden_label(case(BLUR, lopsided)) < 1


def test_labels_alone_fool_hidden_labels() -> None:
    """What tells labels apart and nothing inside them has a perfect score."""
    assert hidden_label(case(RANDOM, RANDOM)) == pytest.approx(1)


def test_without_merged_labels_or_a_choice_it_is_not_defined() -> None:
    with pytest.raises(UndefinedScoreError, match="at least four perturbations"):
        hidden_label(case(BLUR))
    alone = SurrogateCase(plan(BLUR), Side(X, T), Side(X, T), (Hidden(plan(BLUR), T, T),))
    with pytest.raises(UndefinedScoreError, match="group of two labels"):
        hidden_label(alone)


def test_structure_sees_the_pairing_and_nothing_in_random_or_blurred_ones() -> None:
    assert structure(case(PAIRS)) == pytest.approx(1)
    assert structure(case(BLUR)) == pytest.approx(0)
    chance = [structure(case(np.eye(len(T))[shuffled(seed)])) for seed in range(40)]
    assert abs(float(np.mean(chance))) < 0.05
    assert max(chance) < 0.5


def test_structure_does_not_know_the_unit_of_the_features() -> None:
    far = SurrogateCase(plan(PAIRS), Side(1e200 * X, T), Side(1e-200 * X, T))
    assert structure(far) == pytest.approx(1)


def test_cycle_is_a_negative_example() -> None:
    """Random pairs inside labels come back as well as true ones do."""
    assert cycle(case(PAIRS)) == pytest.approx(1)
    assert cycle(case(RANDOM)) == pytest.approx(1)
    assert cycle(case(BLUR)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("metric", [structure, cycle])
def test_single_cells_have_no_structure(metric: object) -> None:
    assert callable(metric)
    few = np.array(["a", "a", "b", "b"])
    small = SurrogateCase(plan(np.eye(4)), Side(X[:4], few), Side(X[:4], few))
    with pytest.raises(UndefinedScoreError, match="three test cells"):
        metric(small)


@pytest.mark.parametrize("metric", [hidden_label, structure, cycle])
def test_the_order_of_the_cells_does_not_matter(metric: object) -> None:
    assert callable(metric)
    rows, columns = np.random.default_rng(5).permutation(len(T)), shuffled(3)
    weights = np.random.default_rng(6).random((len(T), len(T))) * within(GROUPS)
    before = case(weights, weights)
    mixed = plan(weights[np.ix_(rows, columns)])
    guess = Hidden(mixed, GROUPS[rows], GROUPS[columns])
    two = 2 * X[:, ::-1]
    after = SurrogateCase(mixed, Side(X[rows], T[rows]), Side(two[columns], T[columns]), (guess,))
    assert metric(after) == pytest.approx(metric(before))


def test_stability_is_the_agreement_of_plans_and_blur_is_none() -> None:
    assert stability(case(BLUR, PAIRS, PAIRS)) == pytest.approx(1)
    assert stability(case(BLUR, BLUR, BLUR)) == 0
    assert stability(case(BLUR, PAIRS, BLUR)) == 0
    assert abs(stability(case(BLUR, RANDOM, np.eye(len(T))[shuffled(2)]))) < 0.15
    half = 0.5 * PAIRS + 0.5 * BLUR
    assert stability(case(BLUR, PAIRS, half)) == pytest.approx(1), "sharpness is not looked at"
    with pytest.raises(UndefinedScoreError, match="two merges"):
        stability(case(BLUR, PAIRS))


def test_one_random_pairing_twice_is_stable_and_wrong() -> None:
    assert stability(case(BLUR, RANDOM, RANDOM)) == pytest.approx(1)


def withheld(weights: ArrayLike) -> SurrogateCase:
    """The first two labels held out; modality 2 is a copy of modality 1."""
    rows = np.isin(T, ["a", "b"])
    side = Side(X[rows], T[rows])
    dense = np.asarray(weights)[np.ix_(rows, rows)]
    return SurrogateCase(
        plan(BLUR), Side(X, T), Side(X, T), withheld=(Matched(plan(dense), side, side),)
    )


def test_held_out_perturbations_are_told_apart_or_not() -> None:
    assert held_out(withheld(within(GROUPS))) == pytest.approx(0, abs=1e-12)
    assert held_out(withheld(PAIRS)) == pytest.approx(1)
    assert held_out(withheld(RANDOM)) == pytest.approx(1), "inside labels it sees nothing"
    with pytest.raises(UndefinedScoreError, match="at least four"):
        held_out(case(BLUR))


def test_translated_cells_are_compared_with_the_real_ones() -> None:
    assert held_out_energy(withheld(PAIRS)) == pytest.approx(1)
    assert held_out_energy(withheld(RANDOM)) == pytest.approx(1), "a distribution has no pairs"
    assert held_out_energy(withheld(within(GROUPS))) < 0, "one mean for all cells"
    assert 0 < held_out_energy(withheld(BLUR)) < 1, "the right means, without spread"
    with pytest.raises(UndefinedScoreError, match="at least four"):
        held_out_energy(case(BLUR))


def shared(weights: ArrayLike, nulls: ArrayLike, seed: int = 0) -> SurrogateCase:
    """Cells whose modalities have two directions of a noisy residual in common; partners in order.

    The cells of the null are others, without partners.
    """
    rng = np.random.default_rng(seed)
    n = len(T)
    common = rng.normal(size=(n, 2))
    one = np.hstack([common + 0.3 * rng.normal(size=(n, 2)), rng.normal(size=(n, 3))])
    two = np.hstack([common + 0.3 * rng.normal(size=(n, 2)), rng.normal(size=(n, 2))])
    null = Matched(plan(nulls), Side(one, T), Side(rng.normal(size=two.shape), T))
    return SurrogateCase(plan(weights), Side(one, T), Side(two, T), unpaired=(null,))


def test_evidence_is_what_partners_know_of_each_other() -> None:
    """Two correlations of 1/1.09 and what chance adds: -ln(1 - ρ²) = 1.84 nats in all."""
    assert evidence(shared(PAIRS, BLUR)) == pytest.approx(-np.log(1 - 1.09**-2), abs=0.35)
    assert evidence(shared(BLUR, BLUR)) == pytest.approx(0, abs=1e-9)
    assert evidence(shared(RANDOM, RANDOM)) == pytest.approx(0, abs=0.2)
    assert evidence(shared(0.3 * PAIRS + 0.7 * BLUR, BLUR)) < evidence(shared(PAIRS, BLUR))
    with pytest.raises(UndefinedScoreError, match="without partners"):
        evidence(case(BLUR))


def test_evidence_does_not_change_with_units_or_order() -> None:
    known = shared(PAIRS, BLUR)
    order = shuffled(3)
    turned = SurrogateCase(
        plan(PAIRS[:, order]),
        Side(1e6 * known.one.x + 5, T),
        Side(known.two.x[order], T[order]),
        unpaired=known.unpaired,
    )
    assert evidence(turned) == pytest.approx(evidence(known), rel=1e-6)


def test_a_matching_that_picks_alike_cells_has_no_evidence_where_all_cells_find_some() -> None:
    """Cells matched by what they agree in: as high an I where nothing is shared."""
    rng = np.random.default_rng(5)
    one, two, null = (rng.normal(size=(len(T), 4)) for _ in range(3))
    agree = [_nearest(one, other) for other in (two, null)]
    chosen = [plan(each) for each in agree]
    sides = Side(one, T), Side(two, T)
    matched = SurrogateCase(
        chosen[0], *sides, unpaired=(Matched(chosen[1], sides[0], Side(null, T)),)
    )
    alone = SurrogateCase(chosen[0], *sides, unpaired=(Matched(plan(BLUR), *sides),))
    assert evidence(alone) > 1
    assert abs(evidence(matched)) < 0.3


def _nearest(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The bijection inside labels with the smallest distances."""
    costs = np.square(one[:, None] - other).sum(axis=2) + 1e3 * (T[:, None] != T)
    chosen: NDArray[np.float64] = np.zeros(costs.shape)
    chosen[linear_sum_assignment(costs)] = 1
    return chosen

"""Gromov–Wasserstein plans: POT's plans, a literal loop for labels, the energy's definition."""

import numpy as np
import pytest
from numpy.typing import NDArray
from ot.gromov import entropic_fused_gromov_wasserstein, entropic_gromov_wasserstein
from scipy.spatial.distance import cdist

import aligners
from tests.aligners.conftest import Small, assert_marginals, make_small
from tests.aligners.test_linear import reference

TIGHT = {"tol": 1e-11, "tol_outer": 1e-9, "max_iter": 100_000}


def costs_of(data: Small) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, two = (cdist(z, z, "sqeuclidean") for z in (data.x, data.y))
    return one / one.max(), two / two.max()


def energy(one: NDArray[np.float64], two: NDArray[np.float64], plan: NDArray[np.float64]) -> float:
    """The definition, all four indices."""
    gaps = (one[:, None, :, None] - two[None, :, None, :]) ** 2
    return float(np.einsum("ijkl,ij,kl->", gaps, plan, plan))


@pytest.mark.parametrize("epsilon", [2e-2, 5e-3])
def test_egwot_is_pots_plan_at_twice_the_epsilon(small: Small, epsilon: float) -> None:
    one, two = costs_of(small)
    weights = [np.full(len(c), 1 / len(c)) for c in (one, two)]
    expected = entropic_gromov_wasserstein(
        one, two, *weights, "square_loss", epsilon=2 * epsilon,
        max_iter=5000, tol=1e-12, stopThr=1e-13, numItermax=100_000,
    )  # fmt: skip
    plan = aligners.get("egwot", epsilon=epsilon, **TIGHT).align(
        small.x, small.t1, small.y, small.t2
    )
    assert plan.converged
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    assert plan.status.objective == pytest.approx(energy(one, two, expected), rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("epsilon", [5e-3, 2e-3])
def test_one_more_linearisation_would_not_move_a_plan_called_converged(
    dtype: str, epsilon: float
) -> None:
    """However the steps before were mixed."""
    for seed in range(4):
        data = make_small(seed, (24, 19, 16))
        aligner = aligners.get("egwot", epsilon=epsilon, dtype=dtype)
        plan = aligner.align(data.x, data.t1, data.y, data.t2)
        one, two = costs_of(data)
        dense = plan.todense().astype(np.float64)
        moved = np.abs(reference(-2 * one @ dense @ two, epsilon) - dense).sum()
        assert plan.converged
        assert moved <= 1e-3


def literal_labeled_egwot(
    data: Small, epsilon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Linearise with dense costs, solve each block on its own, until nothing moves."""
    one, two = costs_of(data)
    plan = np.zeros((len(data.x), len(data.y)))
    for rows, cols in data.blocks:
        plan[np.ix_(rows, cols)] = 1 / (len(data.x) * len(cols))
    for _ in range(2000):
        cost, before, plan = -2 * one @ plan @ two, plan, np.zeros_like(plan)
        for rows, cols in data.blocks:
            index = np.ix_(rows, cols)
            plan[index] = reference(cost[index], epsilon) * len(rows) / len(data.x)
        if np.abs(plan - before).sum() < 1e-11:
            return one, two, plan
    raise AssertionError("the reference does not converge")


@pytest.mark.parametrize("seed", [0, 1])
def test_labeled_egwot_is_the_literal_loop(seed: int) -> None:
    data = make_small(seed, (7, 6, 5))
    one, two, expected = literal_labeled_egwot(data, 5e-3)
    plan = aligners.get("labeled-egwot", **TIGHT).align(data.x, data.t1, data.y, data.t2)
    assert plan.converged
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    assert plan.status.objective == pytest.approx(energy(one, two, expected), rel=1e-6)
    assert_marginals(plan, data, 1e-10)


def test_cross_label_pairs_enter_the_objective(small: Small) -> None:
    whole = aligners.get("labeled-egwot", **TIGHT).align(small.x, small.t1, small.y, small.t2)
    rows, cols = small.blocks[0]
    alone = aligners.get("egwot", scale="none", **TIGHT)
    factor = [1 / np.sqrt(cdist(z, z, "sqeuclidean").max()) for z in (small.x, small.y)]
    part = alone.align(
        small.x[rows] * factor[0], small.t1[rows], small.y[cols] * factor[1], small.t2[cols]
    )
    block = whole.todense()[np.ix_(rows, cols)] * len(small.x) / len(rows)
    assert np.abs(block - part.todense()).sum() > 1e-2


def test_fused_is_pots_plan(small: Small) -> None:
    one, two = costs_of(small)
    cross = cdist(small.x, small.y, "sqeuclidean")
    weights = [np.full(len(c), 1 / len(c)) for c in (one, two)]
    expected = entropic_fused_gromov_wasserstein(
        cross / cross.max(), one, two, *weights, "square_loss", epsilon=2e-2, alpha=0.5,
        max_iter=5000, tol=1e-12, stopThr=1e-13, numItermax=100_000,
    )  # fmt: skip
    plan = aligners.get("fused-egwot", epsilon=1e-2, **TIGHT).align(
        small.x, small.t1, small.y, small.t2
    )
    assert np.abs(plan.todense() - expected).sum() < 1e-5


def test_rotating_or_moving_one_modality_changes_nothing(small: Small) -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))
    aligner = aligners.get("labeled-egwot", **TIGHT)
    plan = aligner.align(small.x, small.t1, small.y, small.t2)
    turned = aligner.align(small.x, small.t1, 3 * small.y @ rotation + 7, small.t2)
    np.testing.assert_allclose(turned.todense(), plan.todense(), atol=1e-7)


def test_widths_may_differ_and_the_diameter_is_scaled_away(small: Small) -> None:
    wide = np.hstack([small.y, np.zeros((len(small.y), 2))])
    aligner = aligners.get("egwot")
    plan = aligner.align(small.x, small.t1, wide, small.t2)
    same = aligner.align(small.x, small.t1, small.y, small.t2)
    np.testing.assert_allclose(plan.todense(), same.todense(), atol=1e-7)


@pytest.mark.parametrize("name", ["egwot", "labeled-egwot", "fused-labeled-egwot"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_default_tolerances_hold(small: Small, name: str, dtype: str) -> None:
    plan = aligners.get(name, dtype=dtype).align(small.x, small.t1, small.y, small.t2).validate()
    assert plan.converged
    assert plan.status.dtype == dtype
    assert plan.marginal_error <= 1e-4


def test_too_few_outer_steps_are_told(small: Small) -> None:
    plan = aligners.get("egwot", max_outer=2).align(small.x, small.t1, small.y, small.t2)
    assert not plan.converged
    assert "2 linearisations" in plan.status.notes[-1]

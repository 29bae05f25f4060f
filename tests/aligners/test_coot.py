"""Labelled COOT: POT's plan for one label, a literal loop for several."""

import numpy as np
import pytest
from numpy.typing import NDArray
from ot.coot import co_optimal_transport

import aligners
from tests.aligners.conftest import Small, assert_marginals, make_small
from tests.aligners.test_linear import reference

TIGHT = {"tol": 1e-11, "tol_outer": 1e-9, "max_iter": 100_000, "max_outer": 5000}


def test_one_label_is_pots_plan_at_absolute_epsilons() -> None:
    data = make_small(3, (7, 6, 5), width=4)
    y = np.hstack([data.y, data.y[:, :2] ** 2])
    expected, features = co_optimal_transport(
        data.x, y, epsilon=(0.6, 0.9), nits_bcd=3000, tol_bcd=1e-12, eval_bcd=1, nits_ot=100_000,
        tol_sinkhorn=1e-13, method_sinkhorn="sinkhorn_log", early_stopping_tol=0,
    )  # fmt: skip
    aligner = aligners.get("labeled-coot", epsilon=0.6, epsilon_features=0.9, scale="none", **TIGHT)
    plan = aligner.align(data.x, np.zeros(len(data.x)), y, np.zeros(len(y)))
    assert plan.converged
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    gaps = (data.x[:, None, :, None] - y[None, :, None, :]) ** 2
    value = np.einsum("ijkm,ij,km->", gaps, expected, features)
    assert plan.status.objective == pytest.approx(value, rel=1e-6)


def literal(data: Small, epsilon: float, second: float) -> tuple[NDArray[np.float64], list[float]]:
    """All four indices of the cost, each subproblem divided by its own maximum, by turns."""
    gaps = (data.x[:, None, :, None] - data.y[None, :, None, :]) ** 2
    features = np.full(gaps.shape[2:], 1 / np.prod(gaps.shape[2:]))
    plan = np.zeros(gaps.shape[:2])
    for _ in range(3000):
        cost, before, plan = np.einsum("ijkm,km->ij", gaps, features), plan, np.zeros_like(plan)
        absolute = []
        for rows, cols in data.blocks:
            part = cost[np.ix_(rows, cols)]
            absolute.append(epsilon * part.max())
            weights = reference(part / part.max(), epsilon)
            plan[np.ix_(rows, cols)] = weights * len(rows) / len(data.x)
        cost = np.einsum("ijkm,ij->km", gaps, plan)
        features = reference(cost / cost.max(), second)
        if np.abs(plan - before).sum() < 1e-11:
            return plan, absolute
    raise AssertionError("the reference does not converge")


def test_labels_masses_scaling_and_second_epsilon_are_the_literal_loops() -> None:
    data = make_small(4, (7, 6, 5), width=4)
    expected, absolute = literal(data, 0.1, 0.2)
    aligner = aligners.get("labeled-coot", epsilon=0.1, epsilon_features=0.2, **TIGHT)
    plan = aligner.align(data.x, data.t1, data.y, data.t2)
    assert plan.converged
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    np.testing.assert_allclose(plan.status.epsilons, absolute, rtol=1e-6)
    assert_marginals(plan, data, 1e-10)


def test_the_epsilon_of_the_features_matters(small: Small) -> None:
    arguments = (small.x, small.t1, small.y, small.t2)
    plans = [
        aligners.get("labeled-coot", epsilon=0.05, epsilon_features=e).align(*arguments).todense()
        for e in (0.05, 5.0)
    ]
    assert np.abs(plans[0] - plans[1]).sum() > 1e-2


def test_without_labels_it_is_pots_plan_whatever_the_labels() -> None:
    data = make_small(3, (7, 6, 5), width=4)
    y = np.hstack([data.y, data.y[:, :2] ** 2])
    expected, _ = co_optimal_transport(
        data.x, y, epsilon=(0.6, 0.9), nits_bcd=3000, tol_bcd=1e-12, eval_bcd=1, nits_ot=100_000,
        tol_sinkhorn=1e-13, method_sinkhorn="sinkhorn_log", early_stopping_tol=0,
    )  # fmt: skip
    aligner = aligners.get("coot", epsilon=0.6, epsilon_features=0.9, scale="none", **TIGHT)
    plan = aligner.align(data.x, data.t1, y, data.t2)
    assert plan.converged
    assert np.abs(plan.todense() - expected).sum() < 1e-5


def test_with_one_label_it_is_the_labelled_one(small: Small) -> None:
    one, two = np.full(len(small.x), "a"), np.full(len(small.y), "a")
    free = aligners.get("coot").align(small.x, small.t1, small.y, small.t2)
    bound = aligners.get("labeled-coot").align(small.x, one, small.y, two)
    np.testing.assert_array_equal(free.todense(), bound.todense())
    assert free.status == bound.status


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_default_tolerances_hold(small: Small, dtype: str) -> None:
    plan = aligners.get("labeled-coot", dtype=dtype).align(small.x, small.t1, small.y, small.t2)
    assert plan.validate().converged
    assert plan.status.dtype == dtype
    assert_marginals(plan, small, 1e-4)
    assert any("epsilon of the features" in note for note in plan.status.notes)


def test_too_few_turns_are_told(small: Small) -> None:
    plan = aligners.get("labeled-coot", max_outer=1).align(small.x, small.t1, small.y, small.t2)
    assert not plan.converged

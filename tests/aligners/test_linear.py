"""Linear aligners solve their problem: POT's plans, marginals, invariances."""

from dataclasses import replace

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

import aligners
from aligners import linear
from aligners.plan.plan import Block, Plan
from aligners.plan.scaled import ScaledBlock
from aligners.solvers import tiled
from aligners.solvers.scaling import Potentials, Scaling
from aligners.solvers.sinkhorn import solve
from tests.aligners.conftest import Small, assert_marginals, make_small
from weakpair.errors import ParameterError

TIGHT = {"tol": 1e-11, "max_iter": 100_000}


def reference(cost: NDArray[np.float64], epsilon: float) -> NDArray[np.float64]:
    r, c = cost.shape
    plan: NDArray[np.float64] = ot.sinkhorn(
        np.full(r, 1 / r), np.full(c, 1 / c), cost, epsilon, "sinkhorn_log", 200_000, 1e-14
    )
    return plan


@pytest.mark.parametrize("epsilon", [5e-2, 5e-3])
def test_eot_is_pots_plan(small: Small, epsilon: float) -> None:
    cost = cdist(small.x, small.y, "sqeuclidean")
    expected = reference(cost, epsilon * cost.max())
    plan = aligners.get("eot", epsilon=epsilon, **TIGHT).align(small.x, small.t1, small.y, small.t2)
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    assert plan.converged
    assert plan.status.objective == pytest.approx((cost * expected).sum(), rel=1e-6)
    assert plan.status.epsilon == pytest.approx(epsilon * cost.max(), rel=1e-12)


@pytest.mark.parametrize("epsilon", [5e-2, 5e-3])
def test_labeled_eot_is_pots_plan_in_every_block(small: Small, epsilon: float) -> None:
    cost = cdist(small.x, small.y, "sqeuclidean")
    plan = aligners.get("labeled-eot", epsilon=epsilon, **TIGHT).align(
        small.x, small.t1, small.y, small.t2
    )
    expected = np.zeros(cost.shape)
    for rows, cols in small.blocks:
        index = np.ix_(rows, cols)
        expected[index] = reference(cost[index], epsilon * cost.max()) * len(rows) / len(cost)
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    assert plan.status.objective == pytest.approx((cost * expected).sum(), rel=1e-6)
    assert_marginals(plan, small, 1e-10)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.integers(4, 20), min_size=2, max_size=4),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([0.1, 5e-3, 1e-3]),
)
def test_labeled_eot_keeps_the_marginals_it_reports(
    seed: int, sizes: list[int], dtype: str, epsilon: float
) -> None:
    data = make_small(seed, tuple(n + 3 for n in sizes))
    plan = aligners.get("labeled-eot", dtype=dtype, epsilon=epsilon).align(
        data.x, data.t1, data.y, data.t2
    )
    assert plan.validate().converged
    assert plan.marginal_error <= 1e-4
    assert_marginals(plan, data, 1e-4)
    errors = []
    for block in plan.blocks:
        sums = block.weights.double().sum(0)
        errors.append(float((sums - block.mass / len(sums)).abs().sum()) / block.mass)
    assert max(errors) == pytest.approx(plan.marginal_error, abs=2e-6)


def test_scales_say_what_epsilon_is_relative_to(small: Small) -> None:
    cost = cdist(small.x, small.y, "sqeuclidean")
    blocks = [cost[np.ix_(rows, cols)].max() for rows, cols in small.blocks]
    expected = {"max": cost.max(), "mean": cost.mean(), "none": 1.0, "label-max": max(blocks)}
    for scale, value in expected.items():
        plan = aligners.get("labeled-eot", scale=scale, epsilon=0.1).align(
            small.x, small.t1, small.y, small.t2
        )
        assert plan.status.epsilon == pytest.approx(0.1 * value, rel=1e-9)
    plan = aligners.get("labeled-eot", scale="label-max").align(
        small.x, small.t1, small.y, small.t2
    )
    np.testing.assert_allclose(plan.status.epsilons, 5e-3 * np.array(blocks), rtol=1e-9)


def test_one_label_is_the_unlabelled_problem(small: Small) -> None:
    same1, same2 = np.zeros(len(small.x)), np.zeros(len(small.y))
    one = aligners.get("eot", **TIGHT).align(small.x, same1, small.y, same2)
    two = aligners.get("labeled-eot", **TIGHT).align(small.x, same1, small.y, same2)
    np.testing.assert_array_equal(one.todense(), two.todense())


def test_perturbot_mode_cuts_blocks_out_of_the_unlabelled_plan(small: Small) -> None:
    arguments = (small.x, small.t1, small.y, small.t2)
    whole = aligners.get("eot").align(*arguments).todense()
    whole[small.t1[:, None] != small.t2] = 0
    plan = aligners.get("labeled-eot", mode="perturbot").align(*arguments).validate()
    np.testing.assert_allclose(plan.todense(), whole / whole.sum(), atol=1e-14)
    assert f"{1 - whole.sum():.4f}" in plan.status.notes[0]
    assert plan.marginal_error > 1e-3


@pytest.mark.parametrize("cap", [1, 5, 17])
def test_a_plan_cut_short_says_so(small: Small, cap: int) -> None:
    plan = aligners.get("eot", epsilon=1e-3, tol=1e-9, max_iter=cap).align(
        small.x, small.t1, small.y, small.t2
    )
    assert not plan.converged
    sums = np.abs(plan.column_sums() - 1 / len(small.y)).sum()
    assert plan.marginal_error == pytest.approx(sums, rel=1e-6)
    assert plan.validate().iterations <= cap + 40


def test_float32_gives_way_where_it_must(small: Small) -> None:
    arguments = (small.x, small.t1, small.y, small.t2)
    kept = aligners.get("labeled-eot", dtype="float32").align(*arguments)
    assert (kept.status.dtype, kept.status.notes) == ("float32", ())
    for params in ({"epsilon": 1e-4}, {"tol": 1e-8}):
        plan = aligners.get("labeled-eot", dtype="float32", **params).align(*arguments)
        assert plan.status.dtype == "float64"
        assert "too small for float32" in plan.status.notes[0]
        assert plan.converged


def test_float32_and_float64_agree_to_the_rounding_of_the_cost(small: Small) -> None:
    arguments = (small.x, small.t1, small.y, small.t2)
    plans = [aligners.get("eot", dtype=d).align(*arguments) for d in ("float32", "float64")]
    assert np.abs(plans[0].todense() - plans[1].todense()).sum() < 1e-3


@pytest.mark.parametrize("epsilon", [1e-4, 1e-5])
def test_small_epsilon_converges_and_nears_the_exact_cost(small: Small, epsilon: float) -> None:
    arguments = (small.x, small.t1, small.y, small.t2)
    plan = aligners.get("labeled-eot", epsilon=epsilon, tol=1e-8, max_iter=50_000).align(*arguments)
    exact = aligners.get("exact-ot").align(*arguments)
    assert plan.converged
    assert plan.status.objective is not None
    assert exact.status.objective is not None
    gap = plan.status.objective - exact.status.objective
    assert -1e-6 < gap < 10 * epsilon * exact.status.objective


def test_potentials_restart_where_they_left_off() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 40, 3))
    cost = torch.as_tensor(cdist(x, y, "sqeuclidean"))[None]
    epsilon = torch.tensor([0.01], dtype=torch.float64)
    cold = solve(cost, epsilon, tol=1e-10, max_iter=10_000)
    warm = solve(cost, epsilon, tol=1e-9, max_iter=10_000, start=cold.potentials)
    assert warm.iterations <= 4
    torch.testing.assert_close(warm.plans, cold.plans, atol=1e-9, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e-2, 1.0, 1e4])
def test_potentials_may_be_any(dtype: torch.dtype, size: float) -> None:
    """Those of another problem, or none at all, lead to the same plan."""
    generator = np.random.default_rng(0)
    x, y, wrong = generator.normal(size=(3, 40, 3))
    cost = torch.as_tensor(cdist(x, y, "sqeuclidean"))[None].to(dtype)
    epsilon = torch.tensor([0.05], dtype=torch.float64)
    cold = solve(cost, epsilon, tol=1e-4, max_iter=10_000)
    f, g = torch.as_tensor(size * wrong.reshape(2, 60)[:, :40]).to(dtype)
    start = Potentials(f[None, :, None], g[None, None, :])
    warm = solve(cost, epsilon, tol=1e-4, max_iter=10_000, start=start)
    assert float(warm.error.max()) <= 1e-4
    assert float((warm.plans - cold.plans).abs().sum()) < 1e-2


def test_exact_ot_is_no_worse_than_any_permutation_and_sparse(small: Small) -> None:
    plan = aligners.get("exact-ot").align(small.x, small.t1, small.y, small.t2).validate()
    assert_marginals(plan, small, 1e-10)
    cost = cdist(small.x, small.y, "sqeuclidean")
    assert plan.status.objective == pytest.approx((cost * plan.todense()).sum(), rel=1e-9)
    for block, (rows, cols) in zip(plan.blocks, small.blocks, strict=True):
        assert int((block.weights > 0).sum()) <= len(rows) + len(cols) - 1
        weights = ot.emd2([], [], cost[np.ix_(rows, cols)]) * len(rows) / len(small.x)
        found = (cost[np.ix_(rows, cols)] * block.weights.numpy()).sum()
        assert found == pytest.approx(weights, rel=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_entry_of_a_kernel_is_subnormal(dtype: torch.dtype) -> None:
    """They would make every product with the kernel several times slower."""
    cost = torch.rand(1, 20, 20, dtype=dtype, generator=torch.Generator().manual_seed(0))
    kernel = Scaling(cost, torch.tensor([1 / 700]), None).kernel
    assert bool((kernel == 0).any()) is (dtype == torch.float32)
    assert float(kernel[kernel > 0].min()) >= torch.finfo(dtype).tiny
    assert bool((kernel.amax(2) == 1).all())


def test_plans_may_meet_autograd(small: Small) -> None:
    plan = aligners.get("labeled-eot").align(small.x, small.t1, small.y, small.t2)
    weight = torch.ones(small.y.shape[1], 1, dtype=torch.float64, requires_grad=True)
    torch.autograd.backward((plan @ (torch.as_tensor(small.y) @ weight)).sum())
    assert weight.grad is not None


@pytest.mark.parametrize(("scale", "epsilon"), [("none", 0.2), ("max", 0.05), ("label-max", 0.05)])
def test_distances_that_are_not_squared_are_pots_problem_too(
    small: Small, scale: str, epsilon: float
) -> None:
    distances = cdist(small.x, small.y)
    plan = aligners.get(
        "labeled-eot", cost="euclidean", scale=scale, epsilon=epsilon, **TIGHT
    ).align(small.x, small.t1, small.y, small.t2)
    expected = np.zeros(distances.shape)
    for rows, cols in small.blocks:
        index = np.ix_(rows, cols)
        units = {"none": 1.0, "max": distances.max(), "label-max": distances[index].max()}
        part = reference(distances[index], epsilon * units[scale])
        expected[index] = part * len(rows) / len(distances)
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    assert plan.status.objective == pytest.approx((distances * expected).sum(), rel=1e-6)


def test_distances_that_are_not_squared_are_computed_in_float64(small: Small) -> None:
    given = (small.x, small.t1, small.y, small.t2)
    plan = aligners.get("eot", cost="euclidean", epsilon=0.05, dtype="float32").align(*given)
    assert plan.dtype == torch.float64
    assert any("not squared" in note for note in plan.status.notes)
    with pytest.raises(ParameterError, match="scale 'mean'"):
        aligners.get("eot", cost="euclidean", scale="mean").align(*given)


def test_a_parameter_that_came_later_changes_no_key_at_its_default() -> None:
    before = aligners.get("labeled-eot").keyed_params()
    assert "cost" not in before
    assert aligners.get("labeled-eot", cost="euclidean").keyed_params() == {
        **before,
        "cost": "euclidean",
    }


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("eot", {}),
        ("eot", {"cost": "euclidean"}),
        ("labeled-eot", {}),
        ("labeled-eot", {"scale": "label-max", "epsilon": 0.05}),
        ("labeled-eot", {"mode": "perturbot"}),
    ],
)
def test_a_plan_of_many_weights_is_kept_by_its_potentials(
    small: Small, name: str, params: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan() -> Plan:
        found = aligners.get(name, **params).align(small.x, small.t1, small.y, small.t2)
        return found.validate()

    dense = plan()
    monkeypatch.setattr(linear, "_WEIGHTS", 0)
    compact = plan()
    np.testing.assert_allclose(compact.todense(), dense.todense(), rtol=1e-9, atol=1e-15)
    assert {block.label: block.mass for block in compact.blocks} == pytest.approx(
        {block.label: block.mass for block in dense.blocks}
    )
    assert compact.marginal_error == pytest.approx(dense.marginal_error)
    first, second = (replace(plan.status, seconds=0, marginal_error=0) for plan in (compact, dense))
    assert first == second
    kept = params.get("mode") == "perturbot"
    assert all(isinstance(block, ScaledBlock) != kept for block in compact.blocks)


def test_float32_keeps_its_weights(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "_WEIGHTS", 0)
    plan = aligners.get("eot", dtype="float32").align(small.x, small.t1, small.y, small.t2)
    assert type(plan.blocks[0]) is Block


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("epsilon", [5e-2, 5e-3, 5e-4])
def test_a_kernel_made_tile_by_tile_gives_the_same_plan(
    dtype: str, epsilon: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(230, 4))
    y = rng.gamma(1.0, size=(210, 4)) + 0.2
    labels = np.zeros(230, dtype=int), np.zeros(210, dtype=int)
    params = {"epsilon": epsilon, "dtype": dtype, "tol": 3e-5}
    dense = aligners.get("eot", **params).align(x, labels[0], y, labels[1])
    monkeypatch.setattr(tiled, "LARGEST", 0)
    monkeypatch.setattr(tiled, "_TILE", 7000)
    monkeypatch.setattr(tiled, "_SAMPLE", 60)
    found = aligners.get("eot", **params).align(x, labels[0], y, labels[1]).validate()
    assert isinstance(found.blocks[0], ScaledBlock)
    assert found.converged
    assert found.status.notes == dense.status.notes
    assert np.abs(found.todense() - dense.todense()).sum() < 2e-3
    np.testing.assert_allclose(found.row_sums(), 1 / 230, rtol=1e-6 if dtype == "float64" else 2e-3)
    assert np.abs(found.column_sums() - 1 / 210).sum() < 1e-4
    assert found.status.objective == pytest.approx(dense.status.objective, rel=1e-4)

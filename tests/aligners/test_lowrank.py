"""Low-rank Gromov–Wasserstein: costs within the slack, and the plans of the exact products."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import aligners
from aligners import gromov
from aligners.inputs import one_group
from aligners.solvers.costs import batches
from aligners.solvers.geometry import Euclidean, Side
from aligners.solvers.lowrank import LowRank
from aligners.solvers.scaling import Factored
from aligners.solvers.sinkhorn import solve

N, WIDTH = 300, 60


def views(noise: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two views of five factors in clusters, with noise in all directions."""
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(2, N, 5)) + 3 * generator.normal(size=(6, 5))[np.arange(N) % 6]
    loadings = generator.normal(size=(5, WIDTH))
    one, two = factors @ loadings + noise * generator.normal(size=(2, N, WIDTH))
    return one, two


def geometry(noise: float) -> Euclidean:
    """Of these views, in float32."""
    groups = one_group(N, N)
    one, two = (
        Side.build(
            torch.as_tensor(z - z.mean(0)).float(),
            torch.full((N,), 1 / N),
            lambda x, x2: float(4 * x2.max()),
        )
        for z in views(noise)
    )
    return Euclidean.build(one, two, list(batches(groups, "cpu", None)))


def entries(cost: torch.Tensor | Factored) -> torch.Tensor:
    return cost.entries() if isinstance(cost, Factored) else cost


def plan_of(exact: Euclidean, epsilon: float) -> torch.Tensor:
    """A few steps of the exact outer loop: a plan whose A = X' T Y is not zero."""
    summary = exact.start()
    for _ in range(4):
        cost = exact.cost(0, summary, None)
        plans = solve(cost, torch.tensor([epsilon]), tol=1e-5, max_iter=5000).plans
        summary = exact.summary([plans])
    return plans


def rms(left: torch.Tensor, right: torch.Tensor) -> float:
    return float((left - right).square().mean().sqrt())


@pytest.mark.parametrize(("slack", "width"), [(1e-2, 12), (1e-5, 24)])
def test_costs_are_within_the_slack_and_no_wider_than_needed(slack: float, width: int) -> None:
    exact = geometry(noise=5.0)
    generator = torch.Generator().manual_seed(0)
    left, right = torch.linalg.qr(torch.randn(2, WIDTH, WIDTH, generator=generator)).Q
    summary = exact.start()
    summary[:-1, :-1] = left * 0.6 ** torch.arange(WIDTH) @ right
    cost = LowRank(exact, slack).cost(0, summary, None)
    assert isinstance(cost, Factored)
    assert cost.left.shape[2] == width
    assert rms(entries(cost), exact.cost(0, summary, None)) <= slack + 1e-7


@pytest.mark.parametrize("slack", [1e-3, 1e-5, 1e-6])
def test_summaries_leave_out_what_the_cost_can_do_without(slack: float) -> None:
    exact = geometry(noise=0.5)
    plans = plan_of(exact, 5e-3)
    summary = exact.summary([plans])
    low = LowRank(exact, slack)
    low.cost(0, summary, None)
    again, wanted = (exact.cost(0, s, None) for s in (low.summary([plans]), summary))
    # It is estimated from four directions: allow for the estimate.
    assert rms(again, wanted) <= 3 * slack + 1e-7


def test_where_all_directions_matter_the_products_are_exact() -> None:
    exact = geometry(noise=0.5)
    summary = exact.start()
    generator = torch.Generator().manual_seed(0)
    summary[:-1, :-1] = torch.randn(WIDTH, WIDTH, generator=generator)
    low = LowRank(exact, 1e-6)
    assert torch.equal(entries(low.cost(0, summary, None)), exact.cost(0, summary, None))
    plans = torch.full((1, N, N), 1 / N**2)
    assert torch.equal(low.summary([plans]), exact.summary([plans]))


@pytest.mark.parametrize("name", ["egwot", "fused-egwot"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_plans_are_those_of_the_exact_products(
    name: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = views(noise=0.5)
    labels = np.zeros(N, int)
    aligner = aligners.get(name, dtype=dtype, tol_outer=1e-4)
    low = aligner.align(one, labels, two, labels)
    monkeypatch.setattr(gromov, "_LARGE", 1e9)
    exact = aligner.align(one, labels, two, labels)
    assert low.converged
    assert np.abs(low.todense() - exact.todense()).sum() < (5e-3 if dtype == "float32" else 1e-3)
    assert low.status.objective == pytest.approx(exact.status.objective, rel=1e-4)

"""Bijections and plans of low rank: between a random partner and exact transport."""

import numpy as np
import pytest
from numpy.typing import NDArray

import aligners
from aligners.plan.sparse import SparseBlock
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]
EACH = 40
T = np.repeat(["a", "b"], EACH)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(len(T), 3)) + 3 * (T == "b")[:, None]
Y = X + 0.4 * RNG.normal(size=X.shape)
COSTS = np.square(X[:, None] - Y).sum(axis=2)


def plan(name: str, **params: float) -> Floats:
    return np.asarray(aligners.get(name, **params).align(X, T, Y, T).todense(), dtype=np.float64)


def cost(dense: Floats) -> float:
    return float((dense * COSTS).sum())


@pytest.mark.parametrize(("name", "params"), [("bsp", {}), ("hiref", {"base": 5})])
def test_a_bijection_costs_little_more_than_the_best_one(
    name: str, params: dict[str, float]
) -> None:
    dense = plan(name, **params)
    assert (dense > 0).sum() == len(T)
    np.testing.assert_allclose(dense.sum(axis=0), 1 / len(T))
    np.testing.assert_allclose(dense.sum(axis=1), 1 / len(T))
    best, chance = cost(plan("hungarian")), cost(plan("label-uniform"))
    assert best <= cost(dense) + 1e-12
    assert cost(dense) < best + 0.25 * (chance - best)


def test_refinement_that_need_not_split_is_the_assignment() -> None:
    np.testing.assert_array_equal(plan("hiref") > 0, plan("hungarian") > 0)


@pytest.mark.parametrize("name", ["bsp", "hiref"])
def test_of_unequal_sides_no_cell_goes_without_partner(name: str) -> None:
    few = aligners.get(name).align(X[:10], T[:10], Y[:EACH], T[:EACH])
    dense = few.todense()
    assert (dense.sum(axis=1) > 0).all()
    np.testing.assert_allclose(dense.sum(axis=0), 1 / EACH)
    np.testing.assert_allclose(few.T.todense(), dense.T)


def test_bijections_store_no_pair_that_has_no_mass() -> None:
    many = RNG.normal(size=(3000, 2))
    label = np.repeat("a", len(many))
    found = aligners.get("bsp", plans=4).align(many, label, many, label)
    (block,) = found.blocks
    assert isinstance(block, SparseBlock)
    assert found.nbytes <= 40 * len(many)
    assert (found.sampler(0).draw() == found.T.sampler(0).draw().argsort()).mean() == 1


def test_a_plan_of_low_rank_nears_exact_transport_as_the_rank_grows() -> None:
    exact = cost(plan("exact-ot"))
    costs = []
    for rank in (1, 4, 20):
        dense = plan("lowrank-ot", rank=rank)
        assert np.linalg.matrix_rank(dense[:EACH, :EACH], tol=1e-7) <= rank
        assert dense[:EACH, EACH:].sum() == 0
        costs.append(cost(dense))
    assert costs[0] > costs[1] > costs[2] > exact


@pytest.mark.parametrize(
    ("name", "params"),
    [("bsp", {"plans": 0}), ("hiref", {"base": 0}), ("lowrank-ot", {"rank": -1})],
)
def test_numbers_out_of_range_are_refused(name: str, params: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="positive"):
        plan(name, **params)

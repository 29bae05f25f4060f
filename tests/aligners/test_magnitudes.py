"""Laws of size: latents of any magnitude that their type holds, and numbers that are none."""

from typing import Any

import numpy as np
import pytest

import aligners
from aligners import inputs
from aligners.plan.plan import Plan
from tests.aligners.conftest import Small, assert_marginals, make_small
from tests.aligners.test_contract import ITERATIVE, LABELLED, METHODS, NEIGHBOURS, fitting
from weakpair.errors import MethodError, ParameterError


def aligned(name: str, data: Small, **params: Any) -> Plan:
    aligner = aligners.get(name, **fitting(name) | params)
    return aligner.align(data.x, data.t1, data.y, data.t2).validate()


def typed(data: Small, dtype: Any, factor: float = 1.0, other: float | None = None) -> Small:
    """Latents times a factor, in a type; modality 2 times another where one is given."""
    second = factor if other is None else other
    x, y = data.x.astype(dtype) * dtype(factor), data.y.astype(dtype) * dtype(second)
    return Small(x, data.t1, y, data.t2)


def check(plan: Plan, name: str, data: Small) -> None:
    dense = plan.todense()
    assert plan.converged
    np.testing.assert_allclose(dense.sum(1), 1 / len(data.x), rtol=1e-6)
    if name in LABELLED and name not in NEIGHBOURS:
        assert_marginals(plan, data, 1e-3)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("dtype", "power"),
    [
        (np.float32, 64),  # 1.8e19: squares overflow float32
        (np.float32, 120),
        (np.float32, -30),  # costs below 1e-17, the network simplex's zero
        (np.float32, -100),  # 8e-31: squares underflow float32
        (np.float64, 664),  # 1.9e200: squares overflow float64
        (np.float64, 1019),
        (np.float64, -664),
    ],
)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_plans_do_not_know_the_unit(
    small: Small, name: str, dtype: Any, power: int, precision: str
) -> None:
    """A power of two is exact, so that nothing but the arithmetic could tell the difference."""
    params = {"dtype": precision} if name in ITERATIVE else {}
    plan = aligned(name, typed(small, dtype, 2.0**power), **params)
    check(plan, name, small)
    same = aligned(name, typed(small, dtype), **params)
    atol = 1e-12 if precision == "float64" else 1e-5  # the centre is rounded in another type
    np.testing.assert_allclose(plan.todense(), same.todense(), atol=atol)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_far_cell_does_not_break_the_plan(small: Small, name: str, dtype: Any) -> None:
    """One cell at 1e30; the reference has all in a unit in which that cell stands near 1."""
    data = typed(small, dtype)
    data.x[4] = 1e30
    plan = aligned(name, data)
    check(plan, name, small)
    x, y = (z.astype(np.float64) * 2.0**-100 for z in (data.x, data.y))
    wide = Small(x, data.t1, y, data.t2)
    if name != "exact-ot":  # beside such costs the others are equal, and any of their plans is best
        np.testing.assert_allclose(plan.todense(), aligned(name, wide).todense(), atol=1e-9)


@pytest.mark.parametrize(
    "name", ["egwot", "labeled-egwot", "per-label-egwot", "scot", "per-label-scot"]
)
@pytest.mark.parametrize(("one", "two"), [(2.0**660, 1.0), (1.0, 2.0**-660), (2.0**400, 2.0**-400)])
def test_each_modality_may_have_a_unit_of_its_own(
    small: Small, name: str, one: float, two: float
) -> None:
    plan = aligned(name, typed(small, np.float64, one, two))
    same = aligned(name, small)
    check(plan, name, small)
    np.testing.assert_allclose(plan.todense(), same.todense(), atol=1e-12)


def test_a_far_cell_leaves_the_other_labels_of_coot_alone() -> None:
    """Costs are relative to each label's own largest: those without the far cell are as before.

    The features' plan is the same whatever the latents, for every one of them is constant over
    the features.
    """
    data = make_small(3, (12, 9, 8), width=1)
    far = data.x.copy()
    far[np.flatnonzero(data.t1 == "b")[0]] = 1e15
    plan = aligned("labeled-coot", Small(far, data.t1, data.y, data.t2)).todense()
    same = aligned("labeled-coot", data).todense()
    others = data.t1 != "b"
    np.testing.assert_allclose(plan[others], same[others], atol=1e-9)
    assert not np.allclose(plan[~others], same[~others], atol=1e-4)


def test_neighbours_are_found_beside_a_far_cell(small: Small) -> None:
    far = small.x.copy()
    row = np.flatnonzero(small.t1 == "b")[0]
    far[row] = 1e300
    plan = aligned("snn", Small(far, small.t1, small.y, small.t2), k=4).todense()
    nearer = small.x.copy()
    nearer[row] = 1e6
    same = aligned("snn", Small(nearer, small.t1, small.y, small.t2), k=4).todense()
    # The far cell itself is equally far from all.
    np.testing.assert_array_equal(np.delete(plan, row, 0), np.delete(same, row, 0))


@pytest.mark.parametrize("name", ["eot", "labeled-eot", "egwot", "fused-egwot", "labeled-coot"])
def test_an_absolute_epsilon_needs_costs_that_can_be_written(small: Small, name: str) -> None:
    data = typed(small, np.float64, 1e200)
    with pytest.raises(ParameterError, match=r"hold values up to .*e.200.*scale='max'"):
        aligned(name, data, scale="none")


@pytest.mark.parametrize("name", ITERATIVE)
def test_numbers_that_are_none_end_the_loop(
    small: Small, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overflow that nothing met before is an error at the first look, not iterations on NaN."""
    from aligners.solvers.scaling import Scaling

    calls, measure = [], Scaling.measure

    def counted(self: Scaling, *args: Any) -> None:
        calls.append(1)
        measure(self, *args)
        self.u.fill_(np.nan)
        self.ku.fill_(np.nan)

    monkeypatch.setattr(Scaling, "measure", counted)
    with pytest.raises(MethodError, match=rf"^{type(aligners.get(name)).__name__}\(.*\): .*finite"):
        aligned(name, small)
    assert len(calls) < 20


def test_costs_that_are_not_finite_end_the_exact_solver(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aligners.exact.in_unit", lambda *arrays: (arrays, ()))
    with pytest.raises(MethodError, match=r"^ExactOT\(\): .*finite"):
        aligned("exact-ot", typed(small, np.float64, 1e200))


@pytest.mark.parametrize("name", ["eot", "labeled-eot", "labeled-coot", "exact-ot"])
def test_a_note_tells_the_unit_of_epsilon_and_objective(small: Small, name: str) -> None:
    far = aligned(name, typed(small, np.float64, 2.0**660)).status
    # The edge of what is left alone is 2^40, and the largest latent lies between 2^661 and 2^662.
    note = "latents times 2^-622; epsilon and objective are of those"
    assert note in far.notes
    near = aligned(name, typed(small, np.float64, 2.0**38)).status
    assert not any("times 2^" in text for text in near.notes)
    assert far.objective == pytest.approx(near.objective)


def test_ordinary_latents_are_handed_on_as_they_are(small: Small) -> None:
    x, y = inputs.check_latents(small.x, small.t1, small.y, small.t2, same_width=True)
    assert all(a is b for a, b in zip(inputs.in_reach(x, y), (x, y), strict=True))

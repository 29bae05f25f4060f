"""Gromov–Wasserstein inside each label: POT's plan of each, and no other label counts."""

from typing import Any

import numpy as np
import pytest
from ot.gromov import entropic_gromov_wasserstein
from scipy.spatial.distance import cdist

import aligners
from aligners.plan.plan import Plan
from tests.aligners.conftest import Small, assert_marginals

TIGHT: dict[str, Any] = {"tol": 1e-11, "tol_outer": 1e-9, "max_iter": 100_000}


def run(data: Small, name: str = "per-label-egwot", **params: Any) -> Plan:
    plan = aligners.get(name, **params).align(data.x, data.t1, data.y, data.t2)
    return plan.validate()


def test_every_block_is_pots_plan_of_its_label(small: Small) -> None:
    plan = run(small, epsilon=2e-2, **TIGHT)
    assert plan.converged
    assert len(plan.blocks) == len(small.blocks)
    energies = []
    for rows, cols in small.blocks:
        one, two = (cdist(z, z, "sqeuclidean") for z in (small.x[rows], small.y[cols]))
        one, two = one / one.max(), two / two.max()
        weights = [np.full(len(c), 1 / len(c)) for c in (one, two)]
        expected = entropic_gromov_wasserstein(
            one, two, *weights, "square_loss", epsilon=4e-2,
            max_iter=5000, tol=1e-12, stopThr=1e-13, numItermax=100_000,
        )  # fmt: skip
        share = len(rows) / len(small.x)
        block = plan.todense()[np.ix_(rows, cols)]
        assert np.abs(block - share * expected).sum() < 1e-5
        gaps = (one[:, None, :, None] - two[None, :, None, :]) ** 2
        energies.append(share * np.einsum("ijkl,ij,kl->", gaps, expected, expected))
    assert plan.status.objective == pytest.approx(sum(energies), rel=1e-6)
    assert_marginals(plan, small, 1e-10)


def test_with_one_label_it_is_egwot(small: Small) -> None:
    data = Small(small.x, np.full(len(small.x), "a"), small.y, np.full(len(small.y), "a"))
    plan, same = run(data), run(data, "egwot")
    np.testing.assert_array_equal(plan.todense(), same.todense())
    for fact in ("iterations", "marginal_error", "converged", "epsilon", "objective", "dtype"):
        assert getattr(plan.status, fact) == getattr(same.status, fact)


def test_a_label_knows_nothing_of_the_others(small: Small) -> None:
    """Which is what sets it apart from labeled-egwot."""
    moved = small.x.copy()
    moved[small.t1 == "a"] *= 7
    data = Small(moved, small.t1, small.y, small.t2)
    here = small.t1 != "a"
    np.testing.assert_array_equal(run(data).todense()[here], run(small).todense()[here])
    bound = [run(one, "labeled-egwot").todense()[here] for one in (data, small)]
    assert np.abs(bound[0] - bound[1]).sum() > 1e-2


def test_one_problem_that_does_not_converge_is_told_with_its_label(small: Small) -> None:
    plan = run(small, max_outer=1)
    assert not plan.converged
    (note,) = [n for n in plan.status.notes if "did not converge" in n]
    assert note.startswith(f"3 of {len(small.blocks)} labels did not converge")
    assert not any("did not converge" in n for n in run(small).status.notes)


def test_scot_inside_labels_is_scot_of_each(small: Small) -> None:
    """A graph joins cells of one label alone, so a label's block is SCOT's plan of its cells."""
    plan = run(small, "per-label-scot", k=4)
    for rows, cols in small.blocks:
        alone = Small(small.x[rows], small.t1[rows], small.y[cols], small.t2[cols])
        expected = run(alone, "scot", k=4).todense() * (len(rows) / len(small.x))
        np.testing.assert_allclose(plan.todense()[np.ix_(rows, cols)], expected, atol=1e-12)
    assert_marginals(plan, small, 1e-3)

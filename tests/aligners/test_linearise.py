"""The outer loop of Gromov–Wasserstein: how far plans moved, and the mixing of its steps."""

import numpy as np
import pytest
import torch

from aligners.inputs import Groups
from aligners.solvers.costs import batches
from aligners.solvers.linearise import History, plan_change
from aligners.solvers.scaling import Potentials
from aligners.solvers.sinkhorn import Solution


def solution(plans: torch.Tensor) -> Solution:
    return Solution(plans, Potentials(plans[:, :, :1], plans[:, :1]), plans[:, 0, 0], 1)


@pytest.mark.parametrize("sizes", [(1100,), (1100, 1030), (1100, 7)])
def test_change_is_exact_where_it_decides_and_near_where_it_does_not(sizes: tuple[int]) -> None:
    generator = np.random.default_rng(0)
    cuts = np.cumsum(sizes)[:-1]
    rows = tuple(np.split(np.arange(sum(sizes)), cuts))
    groups = Groups(rows, tuple(r[:6] for r in rows), tuple(map(str, sizes)))
    packed = list(batches(groups, "cpu"))
    before, after, exact = [], [], 0.0
    for batch in packed:
        shape = (*batch.rows.shape, batch.cols.shape[1])
        real = torch.as_tensor(~batch.row_pad[:, :, None] & ~batch.col_pad[:, None, :])
        one, two = (torch.as_tensor(generator.random(shape)) * real for _ in range(2))
        moved = (one - two).abs().sum((1, 2)).numpy()
        exact += float(moved @ groups.masses[list(batch.numbers)])
        before.append(solution(one))
        after.append(solution(two))
    near = plan_change(packed, before, after, exact / 2)
    assert near == pytest.approx(exact, rel=0.1)
    assert near != exact
    assert plan_change(packed, before, after, 2 * exact) == pytest.approx(exact, rel=1e-12)


def test_mixing_goes_on_when_its_own_step_moves_the_plan() -> None:
    """An extrapolation is a long step; the steps after it must not be plain ones for that."""
    rates = torch.tensor([0.97, 0.9, 0.7, -0.5, 0.3], dtype=torch.float64)
    point, last = torch.ones_like(rates), torch.zeros_like(rates)
    mixing = History()
    for _ in range(12):
        moved = float((point - last).abs().sum())
        last, point = point, mixing.next(point, rates * point, moved)
    assert float(point.norm()) < 1e-9
    assert float((rates**12).norm()) > 0.5

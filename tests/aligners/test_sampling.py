"""Samples follow the column-normalised plan."""

import numpy as np
import torch
from scipy.stats import chisquare

from aligners.plan.plan import Block, Plan
from tests.aligners.test_plan import STATUS, plan_of


def test_frequencies_are_the_normalised_columns() -> None:
    plan = plan_of(1, [(4, 3), (5, 2), (3, 4)])
    dense = plan.todense()
    sampler = plan.sampler(7)
    draws = np.stack([sampler.draw() for _ in range(20_000)])
    for j in range(plan.shape[1]):
        counts = np.bincount(draws[:, j], minlength=plan.shape[0])
        share = dense[:, j] / dense[:, j].sum()
        assert (counts[share == 0] == 0).all()
        assert chisquare(counts[share > 0], 20_000 * share[share > 0]).pvalue > 1e-4


def test_weights_of_zero_are_never_drawn() -> None:
    weights = torch.tensor([[0.0], [1.0], [0.0], [3.0], [0.0]], dtype=torch.float32)
    plan = Plan((5, 1), (Block(torch.arange(5), torch.arange(1), weights),), STATUS)
    draws = {int(plan.sampler(seed).draw()[0]) for seed in range(200)}
    assert draws == {1, 3}


def test_a_column_without_mass_draws_any_row_of_its_block() -> None:
    weights = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    plan = Plan((2, 2), (Block(torch.arange(2), torch.arange(2), weights),), STATUS)
    sampler = plan.sampler(0)
    assert {int(sampler.draw([0])[0]) for _ in range(50)} == {0, 1}


def test_draws_depend_on_the_seed_alone_and_columns_may_repeat() -> None:
    plan = plan_of(2, [(4, 3), (5, 5)])
    np.testing.assert_array_equal(plan.sampler(3).draw(), plan.sampler(3).draw())
    assert plan.sampler(3).draw([2, 2, 0, 7]).shape == (4,)
    first = plan.sample(torch.Generator().manual_seed(5))
    np.testing.assert_array_equal(first, plan.sample(torch.Generator().manual_seed(5)))
    assert first.dtype == np.int64

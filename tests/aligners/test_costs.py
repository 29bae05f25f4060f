"""Costs agree with SciPy; the pruned maximum is the maximum."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from aligners.inputs import Groups
from aligners.solvers import costs

POINTS = arrays(np.float64, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(-9, 9))


@given(POINTS, POINTS)
def test_largest_and_mean_distance_without_all_pairs(x: np.ndarray, y: np.ndarray) -> None:
    pairs = cdist(x, y, "sqeuclidean")
    one, two = torch.as_tensor(x), torch.as_tensor(y)
    np.testing.assert_allclose(costs.largest_distance(one, two), pairs.max(), atol=1e-9)
    np.testing.assert_allclose(costs.mean_distance(one, two), pairs.mean(), atol=1e-9)


def test_largest_distance_where_pruning_cannot_help() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 700, 4))
    x, y = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in (x, y))
    found = costs.largest_distance(torch.as_tensor(x), torch.as_tensor(y))
    np.testing.assert_allclose(found, cdist(x, y, "sqeuclidean").max(), rtol=1e-12)


def test_quantile_over_all_pairs_of_small_sets() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 60, 4))
    found = costs.quantile_distance(torch.as_tensor(x), torch.as_tensor(y), 0.99)
    expected = np.quantile(cdist(x, y, "sqeuclidean"), 0.99)
    np.testing.assert_allclose(found, expected, rtol=1e-2)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=12))
def test_batches_hold_every_block_once_and_waste_little(sizes: list[tuple[int, int]]) -> None:
    starts = np.cumsum([(0, 0), *sizes], axis=0)
    groups = Groups(
        tuple(np.arange(s, s + r) for (s, _), (r, _) in zip(starts, sizes, strict=False)),
        tuple(np.arange(s, s + c) for (_, s), (_, c) in zip(starts, sizes, strict=False)),
        tuple(str(k) for k in range(len(sizes))),
    )
    seen: list[int] = []
    for batch in costs.batches(groups, "cpu", 500):
        seen += batch.numbers
        for place, number in enumerate(batch.numbers):
            rows = batch.rows[place][~batch.row_pad[place]]
            np.testing.assert_array_equal(rows, groups.rows[number])
        area = sum(sizes[k][0] * sizes[k][1] for k in batch.numbers)
        padded = batch.rows.numel() * batch.cols.shape[1]
        assert padded <= 1.25 * area
        assert len(batch.numbers) == 1 or padded <= 500
    assert sorted(seen) == list(range(len(sizes)))


def test_masked_factors_give_the_costs_and_about_pad_in_the_padding() -> None:
    x, y = torch.randn(2, 9, 3, generator=torch.Generator().manual_seed(0)).double()
    groups = Groups((np.arange(5), np.arange(5, 9)), (np.arange(4), np.arange(4, 9)), ("a", "b"))
    (batch,) = costs.batches(groups, "cpu")
    factors = zip(costs.factors(x, y), (batch.rows, batch.cols), strict=True)
    left, right = (costs.gather(factor, index) for factor, index in factors)
    batch.mask_factors_(left, right)
    cost = left @ right.transpose(1, 2)
    padded = batch.row_pad[:, :, None] | batch.col_pad[:, None, :]
    assert padded.any()
    assert (cost[padded] > 0.99 * costs.PAD).all()
    pairs = costs.squared_distances(x, y)[batch.rows[:, :, None], batch.cols[:, None, :]]
    torch.testing.assert_close(cost[~padded], pairs[~padded])

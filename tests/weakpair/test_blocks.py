"""Blocks of rows: what is computed by them is what all rows at once would give."""

import numpy as np
import pytest
from numpy.typing import NDArray

from weakpair.blocks import ROWS, by_blocks, moments


@pytest.mark.parametrize("n", [5, 20_000])
def test_deviations_of_blocks_of_rows_are_numpys_to_the_last_bit(n: int) -> None:
    x = np.random.default_rng(n).normal(3, 2, (n, 4)).astype(np.float32)
    mean, deviation = moments(x)
    np.testing.assert_array_equal(mean, x.mean(axis=0, dtype=np.float64))
    np.testing.assert_array_equal(deviation, x.std(axis=0, dtype=np.float64))


@pytest.mark.parametrize("n", [0, 7, 20_000])
def test_a_function_of_rows_is_the_same_block_by_block(n: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    seen: list[int] = []

    def halves(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(len(rows))
        return rows[:, :2] / np.float32(2)

    np.testing.assert_array_equal(by_blocks(halves, x), x[:, :2] / np.float32(2))
    assert max(seen) <= ROWS

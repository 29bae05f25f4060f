"""Sampling partners from a plan by inverse cumulative distribution."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from aligners.plan.block import Block


class Sampler:
    """Draws, for columns of a plan, a row from the column's normalised weights.

    The cumulative sums are computed once; a draw is a bisection, vectorised over columns. A
    column without mass draws any of its block's rows with equal probability. Independent of
    global random state.

    Args:
        blocks: the plan's blocks, which partition its columns.
        seed: a seed, or a numpy or torch (CPU) generator that the draws then advance.
    """

    def __init__(
        self, blocks: Sequence[Block], seed: int | np.random.Generator | torch.Generator
    ) -> None:
        self.generator = np.random.default_rng(seed) if isinstance(seed, int) else seed
        self.size = sum(len(block.cols) for block in blocks)
        tables = [_cumulative(block) for block in blocks]
        self._cdf = np.concatenate([table.ravel() for table in tables])
        self._rows = np.concatenate([b.rows.cpu().numpy() for b in blocks])
        self._start = np.zeros(self.size, np.int64)
        self._first = np.zeros(self.size, np.int64)
        self._length = np.zeros(self.size, np.int64)
        self._index(blocks, tables)

    def _index(self, blocks: Sequence[Block], tables: list[NDArray[np.float64]]) -> None:
        """Note for each column where its cumulative sums and its block's rows begin."""
        start = first = 0
        for block, table in zip(blocks, tables, strict=True):
            cols, length = block.cols.cpu().numpy(), len(block.rows)
            step = length if len(table) == len(cols) else 0
            self._start[cols] = start + step * np.arange(len(cols))
            self._first[cols], self._length[cols] = first, length
            start, first = start + table.size, first + length

    def draw(self, columns: ArrayLike | None = None) -> NDArray[np.int64]:
        """Rows drawn for `columns` (default: all), int64, one per column given."""
        cols = np.arange(self.size) if columns is None else np.asarray(columns, np.int64)
        start, length = self._start[cols], self._length[cols]
        total = self._cdf[start + length - 1]
        target = np.minimum(self._uniform(len(cols)) * total, np.nextafter(total, 0))
        drawn: NDArray[np.int64] = self._rows[
            self._first[cols] + self._bisect(start, length, target)
        ]
        return drawn

    def _uniform(self, size: int) -> NDArray[np.float64]:
        if isinstance(self.generator, torch.Generator):
            return torch.rand(size, generator=self.generator, dtype=torch.float64).numpy()
        return self.generator.random(size)

    def _bisect(
        self, start: NDArray[np.int64], length: NDArray[np.int64], target: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """First place in each column's cumulative sums that exceeds the target."""
        low, high = np.zeros_like(length), length - 1
        while np.any(low < high):
            middle = (low + high) // 2
            beyond = self._cdf[start + middle] > target
            low, high = np.where(beyond, low, middle + 1), np.where(beyond, middle, high)
        return low


def _cumulative(block: Block) -> NDArray[np.float64]:
    """Cumulative weights down each column, one table row per column, one in all if constant."""
    if block.constant:
        return np.arange(1, len(block.rows) + 1, dtype=np.float64)[None]
    table = torch.cumsum(block.weights.T.contiguous().double(), dim=1).cpu().numpy()
    table[table[:, -1] <= 0] = np.arange(1, table.shape[1] + 1)
    return table

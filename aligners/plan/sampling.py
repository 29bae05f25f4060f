"""Sampling partners from a plan by inverse cumulative distribution."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from aligners.plan.block import Block
from aligners.plan.scaled import ScaledBlock
from aligners.plan.sparse import SparseBlock

Ints = NDArray[np.int64]
# Weights of the largest block that does not store them and yet has a table (1 GiB), and of what is
# drawn from at once.
_TABLE, _PART = 1 << 27, 1 << 24


class Sampler:
    """Draws, for columns of a plan, a row from the column's normalised weights.

    The cumulative sums are computed once; a draw is a bisection, vectorised over columns. Those of
    large blocks that do not store their weights are computed anew for each draw. A column without
    mass draws any of its block's rows with equal probability. Independent of global random state.

    Args:
        blocks: the plan's blocks, which partition its columns.
        seed: a seed, or a numpy or torch (CPU) generator that the draws then advance.
    """

    def __init__(
        self, blocks: Sequence[Block], seed: int | np.random.Generator | torch.Generator
    ) -> None:
        self.generator = np.random.default_rng(seed) if isinstance(seed, int) else seed
        self.size = sum(len(block.cols) for block in blocks)
        tables = [_table(block) for block in blocks]
        self._large = [block.T for block in blocks if _too_large(block)]
        self._owner, self._place = np.full((2, self.size), -1, np.int64)
        for number, block in enumerate(self._large):
            cols = block.rows.cpu().numpy()
            self._owner[cols], self._place[cols] = number, np.arange(len(cols))
        self._cdf = np.concatenate([table.sums for table in tables])
        self._rows = np.concatenate([table.rows for table in tables])
        self._start = np.zeros(self.size, np.int64)
        self._first = np.zeros(self.size, np.int64)
        self._length = np.zeros(self.size, np.int64)
        start = first = 0
        for block, table in zip(blocks, tables, strict=True):
            cols = block.cols.cpu().numpy()
            self._start[cols], self._first[cols] = start + table.start, first + table.first
            self._length[cols] = table.length
            start, first = start + len(table.sums), first + len(table.rows)

    def draw(self, columns: ArrayLike | None = None) -> NDArray[np.int64]:
        """Rows drawn for `columns` (default: all), int64, one per column given."""
        cols = np.arange(self.size) if columns is None else np.asarray(columns, np.int64)
        uniform = self._uniform(len(cols))
        start, length = self._start[cols], self._length[cols]
        total = self._cdf[start + length - 1]
        target = np.minimum(uniform * total, np.nextafter(total, 0))
        drawn: Ints = self._rows[self._first[cols] + self._bisect(start, length, target)]
        for number, block in enumerate(self._large):
            here = np.flatnonzero(self._owner[cols] == number)
            drawn[here] = _drawn(block, self._place[cols[here]], uniform[here])
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


class _Table(NamedTuple):
    """Cumulative weights of a block, and which of them, of which rows, are a column's.

    Column j has `length[j]` sums from `start[j]` on, of the rows from `first[j]` on.
    """

    sums: NDArray[np.float64]
    rows: Ints
    start: Ints
    first: Ints
    length: Ints


def _too_large(block: Block) -> bool:
    """Tell whether a block has no table: it stores no weights, and those are many."""
    return isinstance(block, ScaledBlock) and len(block.rows) * len(block.cols) > _TABLE


def _table(block: Block) -> _Table:
    """The table of a block: a sum per weight, or per row where all weights are one number."""
    if isinstance(block, SparseBlock):
        return _sparse(block)
    rows, (length, count) = block.rows.cpu().numpy(), block.shape
    zeros = np.zeros(count, np.int64)
    if block.constant or _too_large(block):
        sums, step = np.arange(1, length + 1, dtype=np.float64), 0
    else:
        sums, step = np.empty(length * count), length
        for part, weights in block.T.parts():
            sums[part.start * length : part.stop * length] = _cumulative(weights).ravel()
    return _Table(sums, rows, step * np.arange(count), zeros, zeros + length)


def _cumulative(weights: torch.Tensor) -> NDArray[np.float64]:
    """Cumulative sums along the rows of (m, r); those of a row of zeros grow by 1."""
    sums = torch.cumsum(weights.contiguous().double(), dim=1).cpu().numpy()
    sums[sums[:, -1] <= 0] = np.arange(1, sums.shape[1] + 1)
    return sums


def _drawn(flipped: Block, places: Ints, uniform: NDArray[np.float64]) -> Ints:
    """A row for each of the columns at these places of a block, here given transposed."""
    found, rows = np.empty(len(places), np.int64), flipped.cols.cpu().numpy()
    count = max(1, _PART // len(rows))
    for start in range(0, len(places), count):
        some = slice(start, start + count)
        index = torch.as_tensor(places[some], device=flipped.stored[0].device)
        sums = _cumulative(flipped.take(index))
        total = sums[:, -1]
        target = np.minimum(uniform[some] * total, np.nextafter(total, 0))
        found[some] = rows[(sums <= target[:, None]).sum(axis=1)]
    return found


def _sparse(block: SparseBlock) -> _Table:
    """The table of a sparse block: what is zero is passed over; a column of zeros has all rows."""
    flipped = block.T
    values, rows = flipped.values.double().cpu().numpy(), block.rows.cpu().numpy()
    column, row = flipped.places.cpu().numpy()[:, values > 0]
    length = np.bincount(column, minlength=len(block.cols))
    start = np.cumsum(length) - length
    # One column after the other, so that sums are those of the dense block to the last bit.
    sums = [part.cumsum() for part in np.split(values[values > 0], start[1:])]
    empty = length == 0
    first = np.where(empty, len(row), start)
    return _Table(
        np.concatenate([*sums, np.arange(1, len(rows) + 1, dtype=np.float64)]),
        np.concatenate([rows[row], rows]),
        first,
        first,
        np.where(empty, len(rows), length),
    )

"""Blocks of which the weights that are not zero are stored, and nothing else."""

import torch
from torch import Tensor

from aligners.plan.block import Block


class SparseBlock(Block):
    """The weights between some rows and some columns of a plan, most of them zero.

    Args:
        rows: indices of the block's rows in the plan, int64, shape (r,).
        cols: indices of the block's columns, int64, shape (c,).
        places: row and column in the block of each weight that may not be zero, int64, shape
            (2, m), no pair twice.
        values: these weights, float32 or float64, shape (m,).
        label: the label the block belongs to.
    """

    def __init__(
        self, rows: Tensor, cols: Tensor, places: Tensor, values: Tensor, label: str | None = None
    ) -> None:
        order = (places[0] * max(1, len(cols)) + places[1]).argsort()
        self._keep(rows=rows, cols=cols, places=places[:, order], values=values[order], label=label)

    places: Tensor
    values: Tensor

    @property
    def weights(self) -> Tensor:
        """All weights (r, c), made anew."""
        return self.take(slice(None))

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """The places and the weights there."""
        return (self.values, self.places)

    @property
    def constant(self) -> bool:
        """False: a block whose weights are all alike is not sparse."""
        return False

    @property
    def fits(self) -> bool:
        """True where every weight has a place in the block, and none is another's."""
        if self.places.shape != (2, len(self.values)):
            return False
        limits = torch.tensor(self.shape, device=self.places.device)[:, None]
        inside = (self.places >= 0) & (self.places < limits)
        flat = self._flat
        return bool(inside.all()) and bool((flat[1:] > flat[:-1]).all())

    @property
    def sound(self) -> bool:
        """True where all weights are finite and none is negative."""
        if not len(self.values):
            return True
        low, high = self.values.aminmax()
        return bool(low >= 0) and bool(high < float("inf"))

    @property
    def _flat(self) -> Tensor:
        """Number of each weight's place, row by row, in ascending order."""
        return self.places[0] * len(self.cols) + self.places[1]

    @property
    def T(self) -> "SparseBlock":  # noqa: N802
        """Transposed block."""
        return SparseBlock(self.cols, self.rows, self.places.flip(0), self.values, self.label)

    def row_sums(self) -> Tensor:
        """Mass of each row, shape (r,)."""
        sums = self.values.new_zeros(len(self.rows))
        return sums.index_add_(0, self.places[0], self.values)

    def apply(self, x: Tensor) -> Tensor:
        """Weights times x, (c, k) → (r, k)."""
        out = x.new_zeros(len(self.rows), x.shape[1])
        return out.index_add_(
            0, self.places[0], self.values.to(x.dtype)[:, None] * x[self.places[1]]
        )

    def take(self, rows: Tensor | slice) -> Tensor:
        """The weights of some rows, by their places in the block, (m, c)."""
        wanted = torch.arange(len(self.rows), device=self.values.device)[rows]
        row = self.places[0].contiguous()
        starts = torch.searchsorted(row, wanted)
        ends = torch.searchsorted(row, wanted, right=True)
        lengths = ends - starts
        to = torch.repeat_interleave(torch.arange(len(wanted), device=wanted.device), lengths)
        before = lengths.cumsum(0) - lengths
        entry = torch.arange(len(to), device=to.device) - before[to] + starts[to]
        out = self.values.new_zeros(len(wanted), len(self.cols))
        out[to, self.places[1][entry]] = self.values[entry]
        return out

    def picked(self, rows: Tensor, cols: Tensor) -> Tensor:
        """The weights at pairs of places in the block, shape (m,)."""
        flat = self._flat
        wanted = rows * len(self.cols) + cols
        at = torch.searchsorted(flat, wanted).clamp(max=max(0, len(flat) - 1))
        if not len(flat):
            return self.values.new_zeros(len(wanted))
        return self.values[at] * (flat[at] == wanted)

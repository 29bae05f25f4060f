"""The weights between some rows and some columns of a plan."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_ENTRIES = 1 << 24


@dataclass(frozen=True, eq=False)
class Block:
    """The weights between some rows and some columns of a plan, all of them stored.

    A subclass may store less; it then says what `take` gives, and `weights` is made when asked for.

    Args:
        rows: indices of the block's rows in the plan, int64, shape (r,).
        cols: indices of the block's columns, int64, shape (c,).
        weights: masses, float32 or float64, shape (r, c); a constant block may be an expanded
            scalar (strides 0), and no operation then allocates r x c.
        label: the label the block belongs to, None in a dense plan.
    """

    rows: Tensor
    cols: Tensor
    weights: Tensor
    label: str | None = None

    def _keep(self, **parts: Any) -> None:
        """Set what a subclass stores; nothing changes a block afterwards."""
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.rows), len(self.cols)

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """The tensors that hold the weights."""
        return (self.weights,)

    @property
    def constant(self) -> bool:
        """True where one stored number stands for all weights."""
        return self.weights.stride() == (0, 0)

    @property
    def mass(self) -> float:
        """Sum of the weights, in float64."""
        return float(self.row_sums().sum(dtype=torch.float64))

    @property
    def fits(self) -> bool:
        """True where the weights are those of the rows and columns."""
        return tuple(self.weights.shape) == self.shape

    @property
    def sound(self) -> bool:
        """True where all weights are finite and none is negative."""
        if self.weights.numel() == 0:
            return True
        low, high = (self.weights[:1, :1] if self.constant else self.weights).aminmax()
        return bool(low >= 0) and bool(high < float("inf"))

    @property
    def T(self) -> "Block":  # noqa: N802
        """Transposed block, with rows and columns exchanged; shares memory."""
        return Block(self.cols, self.rows, self.weights.T, self.label)

    def row_sums(self) -> Tensor:
        """Mass of each row, shape (r,)."""
        if self.constant:
            return self.weights[:, 0] * self.weights.shape[1]
        return self.weights.sum(1)

    def apply(self, x: Tensor) -> Tensor:
        """Weights times x, (c, k) → (r, k)."""
        if self.constant:
            total = x.sum(0, keepdim=True) * self.weights[0, 0]
            return total.expand(len(self.rows), x.shape[1])
        return self.weights.to(x.dtype) @ x

    def take(self, rows: Tensor | slice) -> Tensor:
        """The weights of some rows, by their places in the block, (m, c)."""
        return self.weights[rows]

    def picked(self, rows: Tensor, cols: Tensor) -> Tensor:
        """The weights at pairs of places in the block, shape (m,)."""
        return self.weights[rows, cols]

    def parts(self) -> Iterator[tuple[slice, Tensor]]:
        """Rows in turn, each slice with its weights (m, c); none has many entries."""
        count = max(1, _ENTRIES // max(1, len(self.cols)))
        for start in range(0, len(self.rows), count):
            place = slice(start, min(start + count, len(self.rows)))
            yield place, self.take(place)

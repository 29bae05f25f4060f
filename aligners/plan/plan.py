"""Transport plans: dense or block-diagonal by label, one class for both."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from aligners.plan.block import Block
from aligners.plan.sampling import Sampler
from aligners.plan.status import Status
from weakpair.errors import MethodError, ParameterError

__all__ = ["Block", "Plan", "Status"]

Float = NDArray[np.floating[Any]]
Array = TypeVar("Array", Float, Tensor)


@dataclass(frozen=True, eq=False)
class Plan:
    """A coupling of n1 rows (modality 1) with n2 columns (modality 2), total mass 1.

    The blocks partition rows and columns; outside them the plan is zero. A dense plan is the
    case of one block. Products, sums and samples never build n1 x n2 when there are more blocks.
    """

    shape: tuple[int, int]
    blocks: tuple[Block, ...]
    status: Status

    @cached_property
    def T(self) -> "Plan":  # noqa: N802
        """The transposed plan, shape (n2, n1); shares memory."""
        return Plan(self.shape[::-1], tuple(b.T for b in self.blocks), self.status)

    @property
    def converged(self) -> bool:
        """True where the solver reached its tolerance; tables mark the others with †."""
        return self.status.converged

    @property
    def iterations(self) -> int:
        """Iterations of the solver."""
        return self.status.iterations

    @property
    def marginal_error(self) -> float:
        """Worst block's L1 marginal error relative to its mass."""
        return self.status.marginal_error

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights."""
        return self.blocks[0].stored[0].dtype

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return self.blocks[0].stored[0].device

    @property
    def nbytes(self) -> int:
        """Bytes that the weights and indices occupy."""
        tensors = [t for b in self.blocks for t in (b.rows, b.cols, *b.stored)]
        return sum(
            {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values()
        )

    def todense(self) -> Float:
        """The plan as one numpy array, shape (n1, n2)."""
        dense = torch.zeros(self.shape, dtype=self.dtype, device=self.device)
        for block in self.blocks:
            dense[block.rows[:, None], block.cols] = block.weights
        return dense.cpu().numpy()

    def __matmul__(self, x: Array) -> Array:
        """Plan times x, (n2,) or (n2, k) → (n1,) or (n1, k), numpy or torch as given."""
        if isinstance(x, Tensor):
            return self._apply(x)
        return self._apply(_tensor(x)).cpu().numpy()

    def _apply(self, x: Tensor) -> Tensor:
        if x.ndim not in (1, 2) or len(x) != self.shape[1]:
            raise ParameterError(f"a plan of shape {self.shape} needs x with {self.shape[1]} rows")
        dtype = torch.promote_types(self.dtype, x.dtype)
        source = x.to(self.device, dtype).reshape(len(x), -1)
        out = source.new_zeros(self.shape[0], source.shape[1])
        for block in self.blocks:
            out[block.rows] = block.apply(source[block.cols])
        return out.reshape(self.shape[0], *x.shape[1:]).to(x.device)

    def row_sums(self) -> Float:
        """Mass of each row, shape (n1,)."""
        sums = torch.zeros(self.shape[0], dtype=self.dtype, device=self.device)
        for block in self.blocks:
            sums[block.rows] = block.row_sums()
        return sums.cpu().numpy()

    def column_sums(self) -> Float:
        """Mass of each column, shape (n2,)."""
        return self.T.row_sums()

    def barycentric(self, x2: Array) -> Array:
        """Row-normalised plan times x2: each row's mean partner, (n2, k) → (n1, k).

        Rows without mass get the plain mean of `x2`. `plan.T.barycentric(x1)` is the other
        direction (barycentric projection; GROOVE, Appendix F).
        """
        sums = self.row_sums()
        empty = sums <= 0
        scale: Float = np.where(empty, 1, sums)
        if isinstance(x2, Tensor):
            projected = self._apply(x2)
            tail = (-1,) + (1,) * (x2.ndim - 1)
            projected = projected / torch.as_tensor(scale, device=x2.device).reshape(tail)
            projected[torch.as_tensor(empty, device=x2.device)] = x2.to(projected.dtype).mean(0)
            return projected
        return self.barycentric(_tensor(x2)).numpy()

    def entries(self, i: ArrayLike, j: ArrayLike) -> Float:
        """Weights at pairs of row and column indices, shape (m,); 0 off the blocks."""
        rows, cols = np.asarray(i, np.int64), np.asarray(j, np.int64)
        (row_block, row_place), (col_block, col_place) = self.row_places, self.T.row_places
        values = np.zeros(
            rows.shape, dtype=np.float32 if self.dtype == torch.float32 else np.float64
        )
        inside = row_block[rows] == col_block[cols]
        for number in np.unique(row_block[rows[inside]]):
            inside_block = inside & (row_block[rows] == number)
            index = (row_place[rows[inside_block]], col_place[cols[inside_block]])
            where = [torch.as_tensor(part, device=self.device) for part in index]
            picked = self.blocks[number].picked(where[0], where[1])
            values[inside_block] = picked.cpu().numpy()
        return values

    def row_normalised_entries(self, i: ArrayLike, j: ArrayLike) -> Float:
        """Entries divided by the mass of their row, shape (m,); 0 in rows without mass."""
        sums = self.row_sums()[np.asarray(i, np.int64)]
        return self.entries(i, j) / np.where(sums > 0, sums, 1)

    @cached_property
    def row_places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each row the number of its block and its place inside, shapes (n1,), (n1,)."""
        block = np.full(self.shape[0], -1, dtype=np.int64)
        place = np.full(self.shape[0], -1, dtype=np.int64)
        for number, part in enumerate(self.blocks):
            rows = part.rows.cpu().numpy()
            block[rows], place[rows] = number, np.arange(len(rows))
        return block, place

    def sampler(self, seed: int | np.random.Generator | torch.Generator) -> Sampler:
        """An object that draws a row for each column, as often as wanted."""
        return Sampler(self.blocks, seed)

    def sample(self, generator: np.random.Generator | torch.Generator) -> NDArray[np.int64]:
        """For each column j one row drawn from T[:, j] / sum(T[:, j]), int64, shape (n2,)."""
        return self.sampler(generator).draw()

    def validate(self) -> "Plan":
        """Return the plan itself if it keeps its contract.

        Raises:
            MethodError: NaN, infinite or negative weights, or blocks that overlap or leave out
                rows or columns.
        """
        for message in self._faults():
            raise MethodError(message)
        return self

    def _faults(self) -> Iterator[str]:
        for block in self.blocks:
            where = f"block {block.label!r}" if block.label is not None else "plan"
            if not block.fits:
                yield f"{where}: weights and indices differ in shape"
            elif not block.sound:
                yield f"{where}: weights must be finite and not negative"
        for axis, name in enumerate(("rows", "columns")):
            parts = [(b.rows, b.cols)[axis].cpu() for b in self.blocks]
            found = torch.cat(parts).sort().values if parts else torch.empty(0)
            if not torch.equal(found, torch.arange(self.shape[axis])):
                yield f"the blocks do not partition the {self.shape[axis]} {name}"


def _tensor(x: ArrayLike) -> Tensor:
    """An array as a tensor, which shares its memory unless it is read-only."""
    return torch.as_tensor(np.require(x, requirements="W"))

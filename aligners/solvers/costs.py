"""Squared Euclidean costs in padded batches, and their exact extremes without all pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aligners.inputs import Groups, on_device

# Above every cost, so that its exponential is 0; rows and columns may add theirs in float32.
PAD = 1e30
# Entries of a batch, 32 MiB in float64: what a problem needs beside its plan.
_CHUNK = 1 << 22
# Padded entries by real ones: at most a fifth of a batch's arithmetic is spent on padding.
_WASTE = 1.25
# Outermost points that begin the search for the largest distance; each takes a sweep over all.
_SEEDS = 4

Padding = tuple[Tensor, Tensor] | None


@dataclass(frozen=True)
class Batch:
    """Some blocks of a plan, padded to a common shape.

    `numbers` are the blocks' places in `groups`; `rows` (B, r) and `cols` (B, c) hold indices
    into the two modalities, the block's first again where padded; `row_pad` and `col_pad` are true
    there.
    """

    groups: Groups
    numbers: tuple[int, ...]
    rows: Tensor
    cols: Tensor
    row_pad: Tensor
    col_pad: Tensor

    @cached_property
    def padding(self) -> Padding:
        """`row_pad` and `col_pad`, or None where no block is smaller than the batch's shape."""
        sizes = {self.sizes(place) for place in range(len(self.numbers))}
        return None if len(sizes) == 1 else (self.row_pad, self.col_pad)

    def sizes(self, place: int) -> tuple[int, int]:
        """Rows and columns of the block at a place of the batch."""
        number = self.numbers[place]
        return len(self.groups.rows[number]), len(self.groups.cols[number])

    def mask_(self, cost: Tensor) -> Tensor:
        """Raise the padding of a cost (B, r, c) by `PAD`, in place."""
        if self.padding is not None:
            cost += (PAD * self.row_pad.to(cost))[:, :, None]
            cost += (PAD * self.col_pad.to(cost))[:, None, :]
        return cost

    def mask_factors_(self, left: Tensor, right: Tensor) -> None:
        """Raise the padding of gathered `factors` of a cost by about `PAD`, in place."""
        left[:, :, -2].masked_fill_(self.row_pad, PAD)
        right[:, :, -1].masked_fill_(self.col_pad, PAD)


def largest_entries(cost: Tensor) -> Tensor:
    """Largest entry of each block of a cost not masked, float64, (B,); 1 where that is zero."""
    largest = cost.amax((1, 2)).double()
    return torch.where(largest > 0, largest, 1)


def batches(
    groups: Groups, device: torch.device | str, limit: int | None = _CHUNK
) -> Iterator[Batch]:
    """Pack blocks of like size together; `limit` bounds a batch's padded entries (or one block)."""
    areas = [(len(r), len(c)) for r, c in zip(groups.rows, groups.cols, strict=True)]
    pending: list[int] = []
    for number in sorted(range(len(groups)), key=lambda k: areas[k], reverse=True):
        if pending and not _fits([areas[k] for k in [*pending, number]], limit):
            yield _pack(groups, tuple(pending), device)
            pending = []
        pending.append(number)
    yield _pack(groups, tuple(pending), device)


def _fits(areas: list[tuple[int, int]], limit: int | None) -> bool:
    padded = len(areas) * max(r for r, _ in areas) * max(c for _, c in areas)
    used = sum(r * c for r, c in areas)
    return padded <= _WASTE * used and (limit is None or padded <= limit)


def _pack(groups: Groups, numbers: tuple[int, ...], device: torch.device | str) -> Batch:
    rows, row_pad = _pad([groups.rows[k] for k in numbers], device)
    cols, col_pad = _pad([groups.cols[k] for k in numbers], device)
    return Batch(groups, numbers, rows, cols, row_pad, col_pad)


def _pad(
    parts: list[np.ndarray[tuple[int], np.dtype[np.int64]]], device: torch.device | str
) -> tuple[Tensor, Tensor]:
    sizes = np.array([len(part) for part in parts])
    pad = np.arange(sizes.max()) >= sizes[:, None]
    index = np.repeat(np.array([part[:1] for part in parts]), sizes.max(), 1)
    index[~pad] = np.concatenate(parts)
    return on_device(index, device), torch.as_tensor(pad).to(device)


def gather(points: Tensor, index: Tensor) -> Tensor:
    """Rows of (n, d) at (B, r) indices, (B, r, d)."""
    return points.index_select(0, index.flatten()).view(*index.shape, -1)


def factors(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Matrices (n, d + 2) and (m, d + 2) whose product is the squared Euclidean distances.

    Exact to rounding relative to the largest norm, so a zero may come out a little negative:
    centre the points before.
    """
    left, right = x.new_empty(len(x), x.shape[1] + 2), y.new_empty(len(y), y.shape[1] + 2)
    torch.mul(x, -2, out=left[:, :-2])
    right[:, :-2] = y
    left[:, -2], left[:, -1] = squared_norms(x), 1
    right[:, -2], right[:, -1] = 1, squared_norms(y)
    return left, right


def squared_norms(x: Tensor) -> Tensor:
    """Squared Euclidean norms of the rows of (n, d), shape (n,)."""
    norms: Tensor = torch.linalg.vector_norm(x, dim=1)
    return norms.square_()


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Squared Euclidean distances between rows of (n, d) and (m, d), shape (n, m), at least 0."""
    left, right = factors(x, y)
    # Rounding puts those of equal cells below zero, where the network simplex gives up.
    return (left @ right.T).clamp_(min=0)


def largest_distance(x: Tensor, y: Tensor) -> float:
    """Largest squared distance between rows of x (n, d) and rows of y (m, d), exactly."""
    centre = (x.mean(0) + y.mean(0)) / 2
    x, y = x - centre, y - centre
    return largest_between(x, squared_norms(x), y, squared_norms(y))


def largest_between(x: Tensor, x2: Tensor, y: Tensor, y2: Tensor) -> float:
    """Largest squared distance of centred points with squared norms x2 (n,), y2 (m,), exactly.

    A few sweeps from the outermost points give a good lower bound. By the triangle inequality only
    pairs with |x| + |y| above it can beat it; going outside in, few pairs are ever looked at.
    Memory is bounded.
    """
    (rx, outer), (ry, reached) = _inwards(x2), _inwards(y2)
    best, start, step = _lower_bound(x, x2, y, y2, outer[:_SEEDS]), 0, 64
    while start < len(x):
        reach = int(np.searchsorted(-ry, rx[start] - best**0.5 * (1 - 1e-6), side="right"))
        if reach == 0:
            break
        step = min(step, max(1, _CHUNK // reach))
        some, others = outer[start : start + step], reached[:reach]
        best = max(best, float(_between(x[some], x2[some], y[others], y2[others]).max()))
        start, step = start + step, 4 * step
    return best


def _inwards(squares: Tensor) -> tuple[NDArray[np.float64], Tensor]:
    """Radii from the largest to the smallest, and the order."""
    radii = np.sqrt(squares.double().cpu().numpy())
    order = np.argsort(-radii)
    return radii[order], on_device(order, squares.device)


def _lower_bound(x: Tensor, x2: Tensor, y: Tensor, y2: Tensor, seeds: Tensor) -> float:
    """Farthest y from some x, and then the farthest x from those y."""
    far = _between(x[seeds], x2[seeds], y, y2).max(1)
    back = _between(y[far.indices], y2[far.indices], x, x2)
    return max(0.0, float(back.max()), float(far.values.max()))


def _between(x: Tensor, x2: Tensor, y: Tensor, y2: Tensor) -> Tensor:
    """Squared distances of points whose squared norms are known, (n, m)."""
    return torch.addmm(y2, x, y.T, alpha=-2).add_(x2[:, None])


def mean_distance(x: Tensor, y: Tensor) -> float:
    """Mean squared distance over all pairs, in closed form."""
    norms = x.square().sum(1).mean() + y.square().sum(1).mean()
    return max(float(norms - 2 * x.mean(0) @ y.mean(0)), 0.0)


def quantile_distance(x: Tensor, y: Tensor, q: float, limit: int = 2000) -> float:
    """Quantile of squared distances over all pairs of at most `limit` evenly taken rows each."""
    parts = [z[torch.linspace(0, len(z) - 1, min(limit, len(z))).round().long()] for z in (x, y)]
    values = squared_distances(*parts).flatten()
    return float(values.kthvalue(max(1, round(q * len(values)))).values)

"""Quadratic part of Gromov–Wasserstein: the linearised cost of a plan.

With squared loss the linearised cost of a plan T is, up to terms that depend on the row or the
column alone, -2 C1 T C2 (Peyré, Cuturi & Solomon, ICML 2016, Prop. 1), in the convention of OTT,
half the gradient. Both geometries keep of T only a `summary` that determines this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from aligners.solvers.costs import Batch, gather, squared_norms
from aligners.solvers.scaling import Cost

Scale = Callable[[Tensor, Tensor], float]


class Geometry(Protocol):
    """Within-modality costs of both sides, for some batches of blocks."""

    def start(self) -> Tensor:
        """Summary of the product coupling inside the blocks."""

    def summary(self, plans: Sequence[Tensor]) -> Tensor:
        """Summary that the linearised cost depends on, from each batch's plans of block mass 1."""

    def cost(self, place: int, summary: Tensor, out: Tensor | None) -> Cost:
        """Linearised cost of a batch (B, r, c), up to separable terms, not masked."""

    def energy(self, summary: Tensor, plans: Sequence[Tensor]) -> float:
        """Sum of (C1_ik - C2_jl)^2 T_ij T_kl at plans of block mass 1 and their summary."""

    def single(self) -> Self:
        """Give the same geometry in float32."""


def block_masses(batch: Batch, like: Tensor) -> Tensor:
    """Mass of each block of a batch, (B, 1, 1)."""
    masses = torch.as_tensor(batch.groups.masses[list(batch.numbers)])
    return masses.to(like)[:, None, None]


@dataclass(frozen=True)
class Pack:
    """Rows (B, r, k1) and columns (B, c, k2) of a batch, and its blocks' masses (B, 1, 1)."""

    batch: Batch
    rows: Tensor
    cols: Tensor
    masses: Tensor

    @classmethod
    def build(cls, batch: Batch, x: Tensor, y: Tensor) -> "Pack":
        """Gather from (n1, k1) and (n2, k2)."""
        rows, cols = gather(x, batch.rows), gather(y, batch.cols)
        return cls(batch, rows, cols, block_masses(batch, x))

    def single(self) -> "Pack":
        """Give the same in float32."""
        return Pack(self.batch, self.rows.float(), self.cols.float(), self.masses.float())

    def product(self, middle: Tensor, out: Tensor | None = None) -> Tensor:
        """Rows times (k1, k2) times columns, (B, r, c)."""
        return torch.bmm(self.rows @ middle, self.cols.transpose(1, 2), out=out)

    def carry(self, plans: Tensor, right: Tensor | None = None) -> Tensor:
        """X' T Y, summed over the blocks with their masses, (k1, k2); or that times R (k2, k)."""
        cols = self.cols if right is None else self.cols @ right
        carried = torch.bmm(plans, cols).mul_(self.masses)
        return self.rows.flatten(0, 1).T @ carried.flatten(0, 1)

    def carry_rows(self, plans: Tensor, left: Tensor) -> Tensor:
        """L' X' T Y with L (k1, k), summed likewise, (k, k2)."""
        carried = torch.bmm((self.rows @ left).mul_(self.masses).transpose(1, 2), plans)
        return carried.transpose(0, 1).flatten(1) @ self.cols.flatten(0, 1)


@dataclass(frozen=True)
class Side:
    """Points of one modality with masses, centred, in units where the cost's scale is 1.

    `augmented` (n, d + 1) holds the points and, in its last column, their squared norms.
    """

    augmented: Tensor
    masses: Tensor

    @classmethod
    def build(cls, points: Tensor, masses: Tensor, scale: "Scale") -> "Side":
        """Build from centred points (n, d) and their masses; `scale` sees them and their norms."""
        augmented = points.new_empty(len(points), points.shape[1] + 1)
        augmented[:, :-1], augmented[:, -1] = points, squared_norms(points)
        divisor = scale(augmented[:, :-1], augmented[:, -1])
        augmented[:, :-1] *= divisor**-0.5
        augmented[:, -1] /= divisor
        return cls(augmented, masses)

    @property
    def points(self) -> Tensor:
        """The points, (n, d)."""
        return self.augmented[:, :-1]

    @property
    def norms(self) -> Tensor:
        """Their squared norms, (n,)."""
        return self.augmented[:, -1]

    @property
    def mean_norm(self) -> Tensor:
        """Weighted mean of the squared norms."""
        return self.masses @ self.norms

    @property
    def second_moment(self) -> Tensor:
        """Weighted mean of the squared costs over all pairs, in closed form."""
        covariance = (self.points * self.masses[:, None]).T @ self.points
        fourth = self.masses @ self.norms.square()
        return 2 * fourth + 2 * self.mean_norm.square() + 4 * covariance.square().sum()


@dataclass(frozen=True)
class Euclidean:
    """Squared Euclidean costs, of rank d + 2: the summary is [X, x2]' T [Y, y2].

    With x2 and y2 the squared norms of points centred under their masses, and A = X' T Y, the
    linearised cost is -2 x2 y2' - 8 X A Y' and the energy c0 - 4 <x2, T y2> - 8 |A|^2. No n^3
    product, and nothing outside the blocks.
    """

    packs: tuple[Pack, ...]
    fixed: Tensor

    @classmethod
    def build(cls, one: Side, two: Side, batches: Sequence[Batch]) -> "Euclidean":
        """Build from both modalities' points."""
        x, y = one.augmented, two.augmented
        fixed = one.second_moment + two.second_moment - 4 * one.mean_norm * two.mean_norm
        return cls(tuple(Pack.build(batch, x, y) for batch in batches), fixed)

    def single(self) -> "Euclidean":  # noqa: D102
        return Euclidean(tuple(pack.single() for pack in self.packs), self.fixed.float())

    def start(self) -> Tensor:  # noqa: D102
        total = torch.zeros_like(self.packs[0].rows[0, 0, :, None] * self.packs[0].cols[0, 0])
        for pack in self.packs:
            x = _mean(pack.rows, pack.batch.row_pad)
            y = _mean(pack.cols, pack.batch.col_pad)
            total += (x * pack.masses[:, 0]).T @ y
        return total

    def summary(self, plans: Sequence[Tensor]) -> Tensor:  # noqa: D102
        parts = [pack.carry(plan) for pack, plan in zip(self.packs, plans, strict=True)]
        return torch.stack(parts).sum(0)

    def middle(self, summary: Tensor) -> Tensor:
        """Matrix between [X, x2] and [Y, y2]' in the linearised cost."""
        middle = torch.zeros_like(summary)
        middle[:-1, :-1] = -8 * summary[:-1, :-1]
        middle[-1, -1] = -2
        return middle

    def cost(self, place: int, summary: Tensor, out: Tensor | None) -> Tensor:  # noqa: D102
        return self.packs[place].product(self.middle(summary), out)

    def energy(self, summary: Tensor, plans: Sequence[Tensor]) -> float:  # noqa: ARG002, D102
        return float(self.fixed - 4 * summary[-1, -1] - 8 * summary[:-1, :-1].square().sum())


@dataclass(frozen=True)
class Matrices:
    """Any symmetric costs C1 (n1, n1), C2 (n2, n2), uniform masses: the summary is C1 T C2.

    For one block of all rows and columns, in order.
    """

    one: Tensor
    two: Tensor

    def single(self) -> "Matrices":  # noqa: D102
        return Matrices(self.one.float(), self.two.float())

    def start(self) -> Tensor:  # noqa: D102
        return self.one.mean(1, keepdim=True) * self.two.mean(0, keepdim=True)

    def summary(self, plans: Sequence[Tensor]) -> Tensor:  # noqa: D102
        return self.one @ plans[0][0] @ self.two

    def cost(self, place: int, summary: Tensor, out: Tensor | None) -> Tensor:  # noqa: ARG002, D102
        return torch.mul(summary[None], -2, out=out)

    def energy(self, summary: Tensor, plans: Sequence[Tensor]) -> float:  # noqa: D102
        fixed = self.one.square().mean() + self.two.square().mean()
        return float(fixed - 2 * (summary * plans[0][0]).sum())


def _mean(points: Tensor, pad: Tensor) -> Tensor:
    """Mean over the real rows of each block, (B, n, d) → (B, d)."""
    real = (~pad)[:, :, None].to(points)
    return (points * real).sum(1) / real.sum(1)

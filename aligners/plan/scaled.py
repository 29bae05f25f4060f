"""Blocks of entropic plans, of which two potentials and the points are stored."""

from functools import cached_property

import torch
from torch import Tensor

from aligners.plan.block import Block

# Logarithm of what is hardly a number in float64; as in the solver, less is 0.
_LEAST = -744.03


class ScaledBlock(Block):
    """The weights exp((f_i + g_j − C_ij) / ε) between some rows and some columns of a plan.

    C are squared distances, the product of factors of few columns, or their roots. The weights are
    made when they are asked for, part by part: memory grows with r + c, and a product with the
    plan costs r·c·k.

    Args:
        rows: indices of the block's rows in the plan, int64, shape (r,).
        cols: indices of the block's columns, int64, shape (c,).
        factors: matrices (r, k) and (c, k), float64, whose product is C or its square.
        potentials: f (r,) and g (c,), float64, in units of C; the block's mass is in f.
        epsilon: ε, in units of C.
        root: whether C is the root of the factors' product.
        label: the label the block belongs to, None in a dense plan.
    """

    def __init__(
        self,
        rows: Tensor,
        cols: Tensor,
        factors: tuple[Tensor, Tensor],
        potentials: tuple[Tensor, Tensor],
        epsilon: float,
        root: bool = False,
        label: str | None = None,
    ) -> None:
        scale = {"epsilon": epsilon, "root": root}
        self._keep(
            rows=rows, cols=cols, factors=factors, potentials=potentials, label=label, **scale
        )

    factors: tuple[Tensor, Tensor]
    potentials: tuple[Tensor, Tensor]
    epsilon: float
    root: bool

    @property
    def weights(self) -> Tensor:
        """All weights (r, c), made anew."""
        return self.take(slice(None))

    @property
    def stored(self) -> tuple[Tensor, ...]:
        """The potentials and the factors."""
        return (*self.potentials, *self.factors)

    @property
    def constant(self) -> bool:
        """False: no weight stands for others."""
        return False

    @property
    def fits(self) -> bool:
        """True where rows and columns have a potential and a row of their factor each."""
        sizes = [tuple(map(len, pair)) for pair in (self.factors, self.potentials)]
        return sizes == [self.shape, self.shape]

    @property
    def sound(self) -> bool:
        """True where all that is stored is finite, and so are sums of the weights."""
        finite = all(bool(part.isfinite().all()) for part in self.stored)
        return finite and self.epsilon > 0 and bool(self.row_sums().isfinite().all())

    @property
    def T(self) -> "ScaledBlock":  # noqa: N802
        """Transposed block; shares memory."""
        (left, right), (f, g) = self.factors, self.potentials
        return ScaledBlock(
            self.cols, self.rows, (right, left), (g, f), self.epsilon, self.root, self.label
        )

    def row_sums(self) -> Tensor:
        """Mass of each row, shape (r,)."""
        return self._sums

    @cached_property
    def _sums(self) -> Tensor:
        return torch.cat([weights.sum(1) for _, weights in self.parts()])

    def apply(self, x: Tensor) -> Tensor:
        """Weights times x, (c, k) → (r, k)."""
        return torch.cat([weights.to(x.dtype) @ x for _, weights in self.parts()])

    def take(self, rows: Tensor | slice) -> Tensor:
        """The weights of some rows, by their places in the block, (m, c)."""
        (left, right), (f, g) = self.factors, self.potentials
        return self._exp((left[rows] @ right.T), f[rows, None], g)

    def picked(self, rows: Tensor, cols: Tensor) -> Tensor:
        """The weights at pairs of places in the block, shape (m,)."""
        (left, right), (f, g) = self.factors, self.potentials
        return self._exp((left[rows] * right[cols]).sum(1), f[rows], g[cols])

    def _exp(self, cost: Tensor, f: Tensor, g: Tensor) -> Tensor:
        """Weights of costs, in their memory."""
        if self.root:
            cost = cost.clamp_(min=0).sqrt_()
        exponents = cost.sub_(f).sub_(g).mul_(-1 / self.epsilon)
        return torch.threshold_(exponents, _LEAST, -torch.inf).exp_()

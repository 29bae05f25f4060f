"""The kernel of a batch of transport problems and its scalings, safe in float32."""

from math import exp

import torch
from torch import Tensor

from aligners.costs import PAD

# Logarithms of what counts as 0 beside a 1 in every row, whatever the scalings; for float64, of
# what its exponential rounds to 0.
_LEAST = {torch.float32: -60.0, torch.float64: -745.2}


class Scaling:
    """The kernel of a batch of problems and its scalings; P = diag(u) K diag(v).

    Shapes: cost and K (B, r, c); a, u (B, 1, r); b, v (B, 1, c). The padding is where the cost is
    `PAD` or more; there the marginals are 1 and the products are 1, so that u = v = 1 stay.
    `space` (B, r, c) is memory for K, new if not given: fresh pages cost more than the arithmetic.
    """

    def __init__(
        self, cost: Tensor, epsilon: Tensor, g: Tensor | None, space: Tensor | None = None
    ) -> None:
        self.cost = cost
        self.kernel = torch.empty_like(cost) if space is None else space
        self.epsilon = epsilon.reshape(-1, 1, 1).to(cost)
        self.limit = 40.0 if cost.dtype == torch.float32 else 300.0
        self._pads()
        self._set_kernel(g)

    def _pads(self) -> None:
        """Uniform marginals, and the padding."""
        rows = (self.cost[:, :, 0] < PAD / 2).to(self.cost)[:, None, :]
        cols = (self.cost[:, 0, :] < PAD / 2).to(self.cost)[:, None, :]
        self.row_pad, self.col_pad = 1 - rows, 1 - cols
        self.a = rows / rows.sum(2, keepdim=True) + self.row_pad
        self.b = cols / cols.sum(2, keepdim=True) + self.col_pad

    def _set_kernel(self, g: Tensor | None) -> None:
        """Take potentials into the kernel and start with v = 1.

        Rows get an entry 1. So do columns without given potentials; with them, they are only
        kept from vanishing, since the potentials know better.
        """
        slack = self.kernel
        reduced = self.cost if g is None else torch.sub(self.cost, g, out=slack)
        f = reduced.amin(2, keepdim=True) * (1 - self.row_pad.transpose(1, 2))
        torch.sub(reduced, f, out=slack)
        lowest = slack.amin(1, keepdim=True) * (1 - self.col_pad)
        shift = lowest if g is None else (lowest - 30 * self.epsilon).clamp_(min=0)
        if bool(shift.any()):
            slack -= shift
        self.g = shift if g is None else g + shift
        _exp_(slack.mul_(-1 / self.epsilon))
        self.v = torch.ones_like(self.b)

    def restart(self, g: Tensor) -> None:
        """Start again from other potentials."""
        self._set_kernel(g)

    def row_products(self, v: Tensor) -> Tensor:
        """K v, 1 in the padding."""
        return torch.baddbmm(self.row_pad, v, self.kernel.transpose(1, 2))

    def col_products(self, u: Tensor) -> Tensor:
        """Transposed K u, 1 in the padding."""
        return torch.baddbmm(self.col_pad, u, self.kernel)

    def kernel_rows(self, v: Tensor) -> Tensor:
        """K v, 0 in the padding."""
        return torch.bmm(v, self.kernel.transpose(1, 2))

    def kernel_cols(self, u: Tensor) -> Tensor:
        """Transposed K u, 0 in the padding."""
        return torch.bmm(u, self.kernel)

    def measure(self, products: Tensor | None = None) -> None:
        """Fit the row sums (u), and see what that makes of the column sums (c, error)."""
        self.kv = self.row_products(self.v) if products is None else products
        self.u = self.a / self.kv
        self.c = self.v * self.col_products(self.u)
        self.error = (self.c - self.b).abs_().sum(2, keepdim=True)

    def potentials(self) -> Tensor:
        """Column potentials that include the scalings."""
        return self.g + self.epsilon * self.v.log()

    def absorb(self) -> bool:
        """Move scalings that grow too large for the type into the kernel; whether it did."""
        large = float(self.v.log().abs().max()) > self.limit
        if large:
            self._set_kernel(self.potentials())
        return large

    def plans(self) -> Tensor:
        """Turn the kernel into the plans, in place."""
        return self.kernel.mul_(self.u.transpose(1, 2)).mul_(self.v)


def _exp_(exponents: Tensor) -> Tensor:
    """Exponentials in place, the least of them 0.

    Where results would be subnormal or underflow, the exponential and later every product are an
    order of magnitude slower than elsewhere.
    """
    least = _LEAST[exponents.dtype]
    return torch.threshold_(exponents.clamp_(min=least).exp_(), 1.0001 * exp(least), 0.0)

"""The kernel of a batch of transport problems and its scalings, safe in float32."""

from dataclasses import dataclass
from math import exp, inf, log

import torch
from torch import Tensor

from aligners.costs import Padding

# Logarithms of what counts as 0: in float32 beside a 1 in every row, whatever the scalings; in
# float64 what is hardly a number.
_LEAST32, _LEAST64 = -60.0, -744.03
# Columns with a smaller sum, relative to what it should be, are lifted.
_FAINT = exp(-30)


@dataclass(frozen=True)
class Factored:
    """Costs L R' with few columns, (B, r, k) and (B, c, k): quicker found than stored and read."""

    left: Tensor
    right: Tensor

    @property
    def shape(self) -> torch.Size:
        """(B, r, c)."""
        return torch.Size((*self.left.shape[:2], self.right.shape[1]))

    def less(self, g: Tensor, out: Tensor) -> Tensor:
        """The costs less column potentials (B, 1, c)."""
        left = torch.cat([self.left, torch.ones_like(self.left[:, :, :1])], 2)
        right = torch.cat([self.right, -g.transpose(1, 2)], 2)
        return torch.bmm(left, right.transpose(1, 2), out=out)

    def entries(self, out: Tensor | None = None) -> Tensor:
        """The costs, (B, r, c)."""
        return torch.bmm(self.left, self.right.transpose(1, 2), out=out)


Cost = Tensor | Factored


class Scaling:
    """The kernel of a batch of problems and its scalings; P = diag(u) K diag(v).

    Shapes: costs and K (B, r, c); a, u (B, 1, r); b, v (B, 1, c). `padding` says which rows (B, r)
    and columns (B, c) are none; the cost is `PAD` there, the marginals and the products are 1, so
    that u = v = 1 stay. `space` (B, r, c) is memory for K, new if not given: fresh pages cost more
    than the arithmetic.
    """

    def __init__(
        self,
        cost: Cost,
        epsilon: Tensor,
        g: Tensor | None,
        space: Tensor | None = None,
        padding: Padding = None,
    ) -> None:
        self.cost = cost
        like = cost if isinstance(cost, Tensor) else cost.left
        self.kernel = like.new_empty(cost.shape) if space is None else space
        self.epsilon = epsilon.reshape(-1, 1, 1).to(like)
        self.limit = 40.0 if like.dtype == torch.float32 else 300.0
        self.padding = padding
        if padding is None:
            blocks, *sizes = cost.shape
            self.a, self.b = (like.new_full((blocks, 1, n), 1 / n) for n in sizes)
        else:
            self.row_pad, self.col_pad = (pad.to(like)[:, None, :] for pad in padding)
            self.a, self.b = _uniform(self.row_pad), _uniform(self.col_pad)
        self.restart(g)

    def restart(self, g: Tensor | None) -> None:
        """Take potentials into the kernel, start with v = 1, and measure.

        Rows get an entry 1. So do columns without given potentials; with them, they are only
        kept from vanishing, since the potentials know better.
        """
        self.g = torch.zeros_like(self.b) if g is None else g
        self.v = torch.ones_like(self.b)
        slack = self._reduced(g)
        if g is not None:
            _exp_(slack, -1 / self.epsilon)
            self.measure()
            if float((self.ku / self.b).amin()) > _FAINT:
                return
            slack = self._reduced(g)
        shift = slack.amin(1, keepdim=True)
        if self.padding is not None:
            shift.mul_(1 - self.col_pad)
        if g is not None:
            shift = (shift + log(_FAINT) * self.epsilon).clamp_(min=0)
        self.g = self.g + shift
        _exp_(slack.sub_(shift), -1 / self.epsilon)
        self.measure()

    def _reduced(self, g: Tensor | None) -> Tensor:
        """The cost less g and then less its rows' minima, in the kernel's memory."""
        if isinstance(self.cost, Factored):
            cost, out = self.cost, self.kernel
            reduced = cost.entries(out) if g is None else cost.less(g, out)
        else:
            reduced = self.cost if g is None else torch.sub(self.cost, g, out=self.kernel)
        f = reduced.amin(2, keepdim=True)
        if self.padding is not None:
            f.mul_(1 - self.row_pad.transpose(1, 2))
        return torch.sub(reduced, f, out=self.kernel)

    def row_products(self, v: Tensor) -> Tensor:
        """K v, 1 in the padding."""
        if self.padding is None:
            return self.kernel_rows(v)
        return torch.baddbmm(self.row_pad, v, self.kernel.transpose(1, 2))

    def col_products(self, u: Tensor) -> Tensor:
        """Transposed K u, 1 in the padding."""
        if self.padding is None:
            return self.kernel_cols(u)
        return torch.baddbmm(self.col_pad, u, self.kernel)

    def kernel_rows(self, v: Tensor) -> Tensor:
        """K v, 0 in the padding."""
        return torch.bmm(v, self.kernel.transpose(1, 2))

    def kernel_cols(self, u: Tensor) -> Tensor:
        """Transposed K u, 0 in the padding."""
        return torch.bmm(u, self.kernel)

    def measure(self, products: Tensor | None = None) -> None:
        """Fit the row sums (u), and see what that makes of the column sums."""
        self.kv = self.row_products(self.v) if products is None else products
        self.u = self.a / self.kv
        self.ku = self.col_products(self.u)

    @property
    def c(self) -> Tensor:
        """Column sums, (B, 1, c)."""
        return self.v * self.ku

    @property
    def error(self) -> Tensor:
        """L1 distance of the column sums from b, (B, 1, 1)."""
        return (self.c - self.b).abs_().sum(2, keepdim=True)

    def potentials(self) -> Tensor:
        """Column potentials that include the scalings."""
        return self.g + self.epsilon * self.v.log()

    def absorb(self) -> bool:
        """Move scalings that grow too large for the type into the kernel; whether it did."""
        large = float(self.v.log().abs().max()) > self.limit
        if large:
            self.restart(self.potentials())
        return large

    def plans(self) -> Tensor:
        """Turn the kernel into the plans, in place."""
        return self.kernel.mul_(self.u.transpose(1, 2)).mul_(self.v)


def _uniform(pad: Tensor) -> Tensor:
    """Equal shares for what is no padding, and 1 there."""
    real = 1 - pad
    return real / real.sum(2, keepdim=True) + pad


def _exp_(costs: Tensor, factor: Tensor) -> Tensor:
    """Exponentials of costs times factors in place, the least of them 0.

    Where results would be subnormal or underflow, the exponential and later every product are an
    order of magnitude slower than elsewhere. In float32 powers of two take a third of the time.
    """
    if costs.dtype == torch.float64:
        return torch.threshold_(costs.mul_(factor), _LEAST64, -inf).exp_()
    return torch.threshold_(costs.mul_(factor / log(2)), _LEAST32 / log(2), -inf).exp2_()

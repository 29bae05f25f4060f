"""The kernel of a batch of transport problems and its scalings, safe in float32."""

from dataclasses import dataclass
from math import exp, inf, log
from typing import NamedTuple, Self

import torch
from torch import Tensor

from aligners.solvers.costs import Padding

# Logarithms of what counts as 0: in float32 beside a 1 in every row, whatever the scalings; in
# float64 what is hardly a number.
_LEAST32, _LEAST64 = -60.0, -744.03
# Columns with a smaller sum, relative to what it should be, are lifted: half of `_LEAST32`, so
# that their entries are not cut to 0 before they count.
_FAINT = exp(-30)
# Both potentials are taken as they are where all row sums are between this and its inverse; a row
# farther off might live on entries that are cut.
_FAR = exp(-20)


class Potentials(NamedTuple):
    """Potentials of the rows, (B, r, 1), and of the columns, (B, 1, c), in units of the cost.

    They are those of plans whose rows sum to 1, up to each other's constant.
    """

    f: Tensor
    g: Tensor

    def double(self) -> "Potentials":
        """Give the same in float64."""
        return Potentials(self.f.double(), self.g.double())


@dataclass(frozen=True)
class Factored:
    """Costs L R' with few columns, (B, r, k) and (B, c, k): quicker found than stored and read."""

    left: Tensor
    right: Tensor

    @property
    def shape(self) -> torch.Size:
        """Shape of the costs, (B, r, c)."""
        return torch.Size((*self.left.shape[:2], self.right.shape[1]))

    def reduced(self, potentials: Potentials, factor: Tensor, out: Tensor) -> Tensor:
        """The costs less potentials, times a factor for each block (B, 1, 1)."""
        left, right = self.with_potentials(potentials, factor)
        return torch.bmm(left, right.transpose(1, 2), out=out)

    def with_potentials(self, potentials: Potentials, factor: Tensor) -> tuple[Tensor, Tensor]:
        """Factors (B, r, k + 2) and (B, c, k + 2) of what `reduced` gives."""
        f, g = potentials
        left = torch.cat([self.left, -f, torch.ones_like(f)], 2).mul_(factor)
        g = g.transpose(1, 2)
        return left, torch.cat([self.right, torch.ones_like(g), -g], 2)

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
        start: Potentials | None,
        space: Tensor | None = None,
        padding: Padding = None,
    ) -> None:
        self.cost = cost
        like = cost if isinstance(cost, Tensor) else cost.left
        self.kernel = self._memory(like, cost.shape, space)
        self.epsilon = epsilon.reshape(-1, 1, 1).to(like)
        # Logarithm of scalings at which they move into the kernel: the product of two is still a
        # number of the type, which end at e^88 and e^709.
        self.limit = 40.0 if like.dtype == torch.float32 else 300.0
        # Exponents are to base 2 in float32: its powers of two take a third of the time.
        self.factor = -(1 / log(2) if like.dtype == torch.float32 else 1) / self.epsilon
        self.padding = padding
        if padding is None:
            blocks, *sizes = cost.shape
            self.a, self.b = (like.new_full((blocks, 1, n), 1 / n) for n in sizes)
        else:
            self.row_pad, self.col_pad = (pad.to(like)[:, None, :] for pad in padding)
            self.a, self.b = _uniform(self.row_pad), _uniform(self.col_pad)
        if start is None or not self.resume(start):
            self.restart(None if start is None else start.g)

    def _memory(self, like: Tensor, shape: torch.Size, space: Tensor | None) -> Tensor:
        """Memory for the kernel, that which is given if any is."""
        return like.new_empty(shape) if space is None else space

    @property
    def shape(self) -> torch.Size:
        """Shape of the kernel, (B, r, c)."""
        return self.cost.shape

    def coarser(self, factor: float) -> Self:
        """The same problem at so many times the epsilon, in the same memory."""
        epsilon = factor * self.epsilon
        return type(self)(self.cost, epsilon, None, self.kernel, self.padding)

    def resume(self, start: Potentials) -> bool:
        """Take both potentials into the kernel, start with v = 1, and measure.

        Returns False, and asks for `restart`, where they are too far off to be safe.
        """
        (self.f, self.g), self.v = start, torch.ones_like(self.b)
        if isinstance(self.cost, Factored):
            exp_(self.cost.reduced(start, self.factor, self.kernel))
        else:
            exp_(torch.sub(self.cost, start.g, out=self.kernel).sub_(start.f).mul_(self.factor))
        self.measure()
        return self._safe

    def restart(self, g: Tensor | None = None) -> None:
        """Start with v = 1 and column potentials, if given, and measure.

        Rows get an entry 1. So do columns without given potentials; with them, they are only
        kept from vanishing, since the potentials know better.
        """
        self.g = torch.zeros_like(self.b) if g is None else g
        self.v = torch.ones_like(self.b)
        slack = self._slack(g)
        if g is not None:
            exp_(slack.mul_(self.factor))
            self.measure()
            if not self._faint:
                return
            slack = self._slack(g)
        shift = slack.amin(1, keepdim=True)
        if self.padding is not None:
            shift.mul_(1 - self.col_pad)
        if g is not None:
            shift = self._lift(shift)
        self.g = self.g + shift
        exp_(slack.sub_(shift).mul_(self.factor))
        self.measure()

    def _lift(self, slack: Tensor) -> Tensor:
        """Lift of columns with known potentials, by their least slack, so that none vanishes."""
        return (slack + log(_FAINT) * self.epsilon).clamp_(min=0)

    def _slack(self, g: Tensor | None) -> Tensor:
        """The cost less g, if given, and then less its rows' minima f, in the kernel's memory."""
        cost = self.cost.entries(self.kernel) if isinstance(self.cost, Factored) else self.cost
        reduced = cost if g is None else torch.sub(cost, g, out=self.kernel)
        self.f = reduced.amin(2, keepdim=True)
        if self.padding is not None:
            self.f.mul_(1 - self.row_pad.transpose(1, 2))
        return torch.sub(reduced, self.f, out=self.kernel)

    @property
    def _safe(self) -> bool:
        """Tell whether no row sum is far off and no column sum next to nothing."""
        low, high = (float(end) for end in self.kv.aminmax())
        return low > _FAR and high < 1 / _FAR and not self._faint

    @property
    def _faint(self) -> bool:
        """Tell whether some column has next to no sum, or none that is a number."""
        return not float((self.ku / self.b).amin()) > _FAINT

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

    def there_and_back(self, v: Tensor, weight: Tensor) -> Tensor:
        """Transposed K (weight · K v), 0 in the padding."""
        return self.kernel_cols(self.kernel_rows(v).mul_(weight))

    def iterate(self) -> None:
        """Fit the column sums, and measure: one iteration of Sinkhorn's."""
        self.v = self.b / self.ku
        self.measure()

    def measure(self, products: Tensor | None = None) -> None:
        """Fit the row sums (u), and compute the column sums that result."""
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

    def potentials(self) -> Potentials:
        """Potentials that include the scalings."""
        f = self.f - self.epsilon * self.kv.log().transpose(1, 2)
        return Potentials(f, self.g + self.epsilon * self.v.log())

    def absorb(self) -> bool:
        """Move scalings that grow too large for the type into the kernel; whether it did."""
        large = float(self.v.log().abs().max()) > self.limit
        if large:
            self.restart(self.potentials().g)
        return large

    def plans(self) -> Tensor:
        """Turn the kernel into the plans, in place."""
        return self.kernel.mul_(self.u.transpose(1, 2)).mul_(self.v)


def _uniform(pad: Tensor) -> Tensor:
    """Equal shares of what is real, and 1 in the padding."""
    real = 1 - pad
    return real / real.sum(2, keepdim=True) + pad


def exp_(exponents: Tensor) -> Tensor:
    """Exponentials in place, of base 2 in float32, the least of them 0.

    Where results would be subnormal or underflow, the exponential and later every product are an
    order of magnitude slower than elsewhere.
    """
    if exponents.dtype == torch.float64:
        return torch.threshold_(exponents, _LEAST64, -inf).exp_()
    return torch.threshold_(exponents, _LEAST32 / log(2), -inf).exp2_()

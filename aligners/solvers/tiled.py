"""Entropic transport whose kernel is too large to be stored: it is made anew, tile by tile."""

from collections.abc import Iterator

import torch
from torch import Tensor

from aligners.solvers.finite import finite
from aligners.solvers.scaling import Factored, Potentials, Scaling, exp_
from aligners.solvers.sinkhorn import NEAR, Solution, run, solve

# Entries of the largest kernel that is stored: 4 GiB in float32, for 32,768 cells on either side.
LARGEST = 1 << 30
# Entries of a tile, which has all columns of some rows: what a core's cache holds, since each is
# looked at several times, and what keeps a GPU busy.
_TILE, _GPU_TILE = 1 << 20, 1 << 26
# Rows and columns of the smaller problem whose potentials are the start of the whole one's.
_SAMPLE = 4096
# Cap on the iterations that it takes.
_EASY = 500


class TiledScaling(Scaling):
    """`Scaling` of one block without padding, in memory that grows with r + c.

    Every product with the kernel makes it anew from the factors of the cost, a tile of rows at a
    time; what needs two products in turn takes one pass.
    """

    cost: Factored

    def _memory(self, like: Tensor, shape: torch.Size, space: Tensor | None) -> Tensor:
        """Memory for one tile; the kernel has none."""
        entries = _TILE if like.device.type == "cpu" else _GPU_TILE
        rows = max(1, min(shape[1], entries // max(1, shape[2])))
        return like.new_empty(rows, shape[2]) if space is None else space

    def _costs(self) -> Iterator[tuple[slice, Tensor]]:
        """Rows in turn and their costs (m, c), in the tile's memory."""
        return self._products(self.cost.left[0], self.cost.right[0])

    def _products(self, left: Tensor, right: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Rows in turn and their products with all rows on the right, in the tile's memory."""
        for start in range(0, len(left), len(self.kernel)):
            rows = slice(start, min(start + len(self.kernel), len(left)))
            yield rows, torch.mm(left[rows], right.T, out=self.kernel[: rows.stop - start])

    def _tiles(self) -> Iterator[tuple[slice, Tensor]]:
        """Rows in turn and their part of the kernel (m, c), in the tile's memory."""
        left, right = self.cost.with_potentials(Potentials(self.f, self.g), self.factor)
        for rows, exponents in self._products(left[0], right[0]):
            yield rows, exp_(exponents)

    def resume(self, start: Potentials) -> bool:
        """Start with both potentials and v = 1, and measure; see `Scaling.resume`."""
        (self.f, self.g), self.v = start, torch.ones_like(self.b)
        self.measure()
        return self._safe

    def restart(self, g: Tensor | None = None) -> None:
        """Start with v = 1 and column potentials, if given, and measure; see `Scaling.restart`."""
        self.g = torch.zeros_like(self.b) if g is None else g
        self.v = torch.ones_like(self.b)
        self.f = torch.empty_like(self.a.transpose(1, 2))
        for rows, cost in self._costs():
            self.f[0, rows] = cost.sub_(self.g[0]).amin(1, keepdim=True)
        if g is not None:
            self.measure()
            if not self._faint:
                return
        slack = torch.full_like(self.b[0, 0], torch.inf)
        for rows, cost in self._costs():
            least = cost.sub_(self.f[0, rows]).sub_(self.g[0]).amin(0)
            torch.minimum(slack, least, out=slack)
        shift = slack[None, None, :]
        self.g = self.g + (shift if g is None else self._lift(shift))
        self.measure()

    def kernel_rows(self, v: Tensor) -> Tensor:
        """K v."""
        out = torch.empty_like(self.a)
        for rows, tile in self._tiles():
            torch.mv(tile, v[0, 0], out=out[0, 0, rows])
        return out

    def kernel_cols(self, u: Tensor) -> Tensor:
        """Transposed K u."""
        out = torch.zeros_like(self.b)
        for rows, tile in self._tiles():
            out[0, 0] += u[0, 0, rows] @ tile
        return out

    def there_and_back(self, v: Tensor, weight: Tensor) -> Tensor:
        """Transposed K (weight · K v), in one pass."""
        out = torch.zeros_like(self.b)
        for rows, tile in self._tiles():
            out[0, 0] += (weight[0, 0, rows] * (tile @ v[0, 0])) @ tile
        return out

    def measure(self, products: Tensor | None = None) -> None:
        """Fit the row sums (u), and compute the column sums that result, in one pass."""
        if products is not None:
            super().measure(products)
            return
        self.kv, self.ku = torch.empty_like(self.a), torch.zeros_like(self.b)
        for rows, tile in self._tiles():
            torch.mv(tile, self.v[0, 0], out=self.kv[0, 0, rows])
            self.ku[0, 0] += (self.a[0, 0, rows] / self.kv[0, 0, rows]) @ tile
        self.u = self.a / self.kv

    def transport_cost(self) -> Tensor:
        """Sum of the costs times the plan's weights, (1,)."""
        total = self.a.new_zeros((), dtype=torch.float64)
        f, g = self.potentials()
        for rows, cost in self._costs():
            shares = exp_(cost.sub(f[0, rows]).sub_(g[0]).mul_(self.factor[0]))
            by_row = shares.mul_(cost).sum(1, dtype=torch.float64)
            total += by_row @ self.a[0, 0, rows].double()
        return total[None]


def solve_tiled(
    cost: Factored, epsilon: Tensor, *, tol: float, max_iter: int
) -> tuple[Solution, Tensor]:
    """`sinkhorn.solve` of one large block: a solution without its plan, and its transport cost.

    It starts from the potentials of a smaller problem, that of some rows and columns.
    """
    with torch.inference_mode():
        state = TiledScaling(cost, epsilon, _start(cost, epsilon))
        state, used = run(state, tol, max_iter)
        potentials, error = state.potentials(), state.error[:, 0, 0]
        value = state.transport_cost()
    finite(float(error.sum()), used)
    nothing = cost.left.new_empty(1, 0, 0)
    return Solution(nothing, potentials, error, used), value


def _start(cost: Factored, epsilon: Tensor) -> Potentials:
    """Potentials as those of evenly taken rows and columns tell them, up to a constant."""
    rows, cols = (
        torch.linspace(0, n - 1, min(_SAMPLE, n), device=cost.left.device).round().long()
        for n in cost.shape[1:]
    )
    small = Factored(cost.left[:, rows], cost.right[:, cols])
    f, g = solve(small, epsilon, tol=NEAR / 10, max_iter=_EASY).potentials
    scale = float(epsilon)
    whole_f = _fitted(cost.left[0], small.right[0], g[0, 0], scale)
    whole_g = _fitted(cost.right[0], small.left[0], f[0, :, 0], scale)
    return Potentials(whole_f[None, :, None], whole_g[None, None, :])


def _fitted(points: Tensor, others: Tensor, potentials: Tensor, epsilon: float) -> Tensor:
    """Potentials that fit the sums of points (n, k) over others (m, k) with theirs, (n,)."""
    step = max(1, _TILE // len(others))
    parts = [
        torch.logsumexp((potentials - points[start : start + step] @ others.T) / epsilon, 1)
        for start in range(0, len(points), step)
    ]
    return -epsilon * torch.cat(parts)

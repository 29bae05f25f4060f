"""Gromov–Wasserstein on squared distances from the leading directions of X' T Y alone.

A plan that spreads over several cells averages their noise out, so that few directions of
A = X' T Y matter: about a dozen of 128 on clustered data. The products with n1 x n2 numbers then
need about that many columns instead of d. How many it takes is found anew in every step; where all
directions matter, and in float64, the products are those of `Euclidean`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from aligners.solvers.geometry import Euclidean
from aligners.solvers.scaling import Cost, Factored

# Products with n x n numbers are quickest with 16 columns or multiples: twelve that count and four
# that estimate what is left out.
_STEP, _PROBES = 12, 4
# Half of the usual 128: with more directions the products save little.
_MOST = 64


@dataclass
class LowRank:
    """`Euclidean` with as many directions as keep each linearised cost within `slack`.

    Errors are root mean squares over all pairs of points: what is left out of the cost is computed
    from the points' second moments, what is left out of the summary is estimated from random
    directions drawn from the points (Halko, Martinsson & Tropp 2011, sections 4.3 and 4.4).

    Args:
        exact: the geometry.
        slack: largest error of the linearised cost, from either source.
    """

    exact: Euclidean
    slack: float
    _factors: tuple[Tensor, Tensor] | None = field(default=None, init=False)

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        """Second moments of both modalities' points, (d1 + 1, d1 + 1) and (d2 + 1, d2 + 1)."""
        rows = torch.cat([pack.rows[~pack.batch.row_pad] for pack in self.exact.packs])
        return rows.T @ rows / len(rows), self._cols.T @ self._cols / len(self._cols)

    @cached_property
    def _cols(self) -> Tensor:
        return torch.cat([pack.cols[~pack.batch.col_pad] for pack in self.exact.packs])

    @cached_property
    def _random(self) -> Tensor:
        """Directions whose second moments are those of modality 2, the same in every run."""
        generator = torch.Generator().manual_seed(0)
        draws = torch.randn(len(self._cols), _MOST, generator=generator).to(self._cols)
        return (self._cols.T @ draws).mul_(len(self._cols) ** -0.5)

    def single(self) -> "LowRank":  # noqa: D102
        return LowRank(self.exact.single(), self.slack)

    def start(self) -> Tensor:  # noqa: D102
        return self.exact.start()

    def energy(self, summary: Tensor, plans: Sequence[Tensor]) -> float:  # noqa: D102
        return self.exact.energy(summary, plans)

    def cost(self, place: int, summary: Tensor, out: Tensor | None) -> Cost:  # noqa: D102
        if place == 0:
            self._factors = self._factorise(self.exact.middle(summary))
        if self._factors is None:
            return self.exact.cost(place, summary, out)
        (left, right), pack = self._factors, self.exact.packs[place]
        return Factored(pack.rows @ left, pack.cols @ right)

    def _factorise(self, middle: Tensor) -> tuple[Tensor, Tensor] | None:
        """L (d1 + 1, k) and R (d2 + 1, k) with L R' close to the middle, if a small k does."""
        if middle.dtype == torch.float64:
            return None
        for width in range(_STEP, min(_MOST, min(middle.shape) // 2) + 1, _STEP):
            tries = _span(middle @ self._random[:, :width])
            left = _span(middle @ (middle.T @ tries))
            right = middle.T @ left
            left_out = middle - left @ right.T
            square = (left_out * (self._moments[0] @ left_out @ self._moments[1])).sum()
            if float(square) <= self.slack**2:
                return left, right
        return None

    def summary(self, plans: Sequence[Tensor]) -> Tensor:  # noqa: D102
        if self._factors is None:
            return self.exact.summary(plans)
        pairs = list(zip(self.exact.packs, plans, strict=True))
        known, more = _span(self._factors[1]), self._random[:, :_PROBES]
        tries = torch.cat([known, more], 1)
        images = torch.stack([pack.carry(plan, tries) for pack, plan in pairs]).sum(0)
        image, probes = images[:, :-_PROBES], images[:, -_PROBES:]
        if self._small(probes - image @ (known.T @ more)):
            return image @ known.T
        left = _span(image)
        if not self._small(probes - left @ (left.T @ probes)):
            return self.exact.summary(plans)
        return left @ torch.stack([pack.carry_rows(plan, left) for pack, plan in pairs]).sum(0)

    def _small(self, left_out: Tensor) -> bool:
        """Tell whether the cost may do without a remainder with these images of random directions.

        The last row, x2' T Y, does not enter the cost.
        """
        left_out, moments = left_out[:-1], self._moments[0][:-1, :-1]
        square = (left_out * (moments @ left_out)).sum() / left_out.shape[1]
        return 64 * float(square) <= self.slack**2


def _span(vectors: Tensor) -> Tensor:
    """Orthonormal basis of the columns."""
    basis: Tensor = torch.linalg.qr(vectors).Q
    return basis

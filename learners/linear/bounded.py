"""Affine maps whose coordinates saturate, so that no cell lies far from all others."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from learners.base import Latent
from learners.inputs import Features
from learners.linear.affine import Affine

Floats = NDArray[np.float64]

WIDTH = 2.0
"""Bound at which a coordinate saturates, in standard deviations of the training cells."""


@dataclass(frozen=True, eq=False)
class Bounded:
    """z = weights · limit · tanh(u / limit), coordinate by coordinate, u an affine map of a row.

    The blur of an entropic plan is relative to the *largest* cost, so a few outlying cells decide
    how sharply all others are matched. Bounding the coordinates takes that away from them; near
    the origin the map is the affine one.

    Attributes:
        affine: the map to u, shape (n, d).
        limit: largest magnitude of each coordinate before weighting, shape (d,), above 0.
        weights: factor of each coordinate, shape (d,).
    """

    affine: Affine
    limit: Floats
    weights: Floats

    @classmethod
    def fitted(
        cls, affine: Affine, x: Features, width: float = WIDTH, weights: Floats | None = None
    ) -> Self:
        """Bound every coordinate at `width` times its standard deviation over the rows x."""
        spread = affine.exactly(x).std(axis=0)
        # A coordinate that is constant is zero after centring; any limit keeps it there.
        limit = np.where(spread > 0, width * spread, 1.0)
        return cls(affine, limit, np.ones(len(limit)) if weights is None else weights)

    @classmethod
    def along(
        cls, affine: Affine, directions: Floats, x: Features, width: float, weights: Floats
    ) -> Self:
        """Bound and weight the coordinates along directions (k, d) of an affine map."""
        return cls.fitted(affine.along(directions), x, width, weights)

    @property
    def centre(self) -> Floats:
        """The row of features that the affine map is centred at, shape (k,)."""
        return self.affine.centre

    def exactly(self, x: Features) -> Floats:
        """Map rows, shape (n, k), to float64 latents, shape (n, d)."""
        u = self.affine.exactly(x)
        return np.asarray(np.tanh(u / self.limit) * (self.limit * self.weights))

    def apply(self, x: Features) -> Latent:
        """Map rows, shape (n, k), to float32 latents, shape (n, d)."""
        return np.ascontiguousarray(self.exactly(x), dtype=np.float32)

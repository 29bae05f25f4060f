"""Training cells of both modalities and the plan that couples them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.imputation.spec import TargetKind
from weakpair.blocks import by_blocks, moments
from weakpair.errors import ParameterError

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Features = NDArray[np.float32]
Indices = NDArray[np.int64]
# A standard deviation below this share of the largest value is the rounding of a constant feature.
CONSTANT = 1e-7


@dataclass(frozen=True)
class Training:
    """Source (n_s, k_s) and target (n_t, k_t) features, coupled by a plan (n_t, n_s)."""

    source: Features
    target: Features
    coupling: "Plan"
    target_labels: NDArray[np.generic] | None = None

    @cached_property
    def sources(self) -> Indices:
        """Source cells with mass in the plan.

        Raises:
            ParameterError: there are none.
        """
        rows = np.flatnonzero(self.coupling.column_sums() > 0)
        if not rows.size:
            raise ParameterError("imputer: the plan gives no source cell any mass")
        return rows

    @property
    def source_features(self) -> Features:
        """Features of the `sources`; where these are all cells, they are not copied."""
        whole = len(self.sources) == len(self.source)
        return self.source if whole else self.source[self.sources]

    @cached_property
    def targets(self) -> Indices:
        """Target cells with mass in the plan."""
        return np.flatnonzero(self.coupling.row_sums() > 0)

    def shown(self, kind: TargetKind) -> bytes:
        """Cells that a network is shown, as bytes: those of one stack are shown the same."""
        targets = self.targets if kind == "two-sample" else self.targets[:0]
        return self.sources.tobytes() + b"," + targets.tobytes()

    def means(self) -> Features:
        """The plan's weighted mean of targets for each of the `sources`."""
        return self.coupling.T.barycentric(self.target)[self.sources].astype(np.float32)

    def draws(self, seed: int) -> Iterator[Indices]:
        """Draw, without end, a target row for each of the `sources` from its plan column."""
        sampler = self.coupling.sampler(seed)
        while True:
            yield sampler.draw(self.sources)

    def partners(self, seed: int) -> Iterator[Indices]:
        """Draw, without end, for each of the `targets` a place in `sources` from its plan row."""
        sampler = self.coupling.T.sampler(seed)
        while True:
            yield np.searchsorted(self.sources, sampler.draw(self.targets))


@dataclass(frozen=True)
class Standardiser:
    """Centres and scales features by training statistics; constant features become 0.

    `learners.standardise.Standardiser` gives other bits: here a network in float32 reads the rows,
    predictions come back by `undo`, and a deviation of rounding size is none.
    """

    mean: Features
    scale: Features

    @classmethod
    def fit(cls, x: Features) -> "Standardiser":
        """Take means and standard deviations of the rows of `x` (n, k)."""
        mean, scale = moments(x)
        largest = np.maximum(x.max(axis=0), -x.min(axis=0))
        scale[scale <= CONSTANT * largest] = 0.0
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    def apply(self, x: Features) -> Features:
        """Standardise rows; a feature constant in training is 0, whatever it is here."""
        inverse = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        return by_blocks(lambda rows: (rows - self.mean) * inverse, x)

    def undo(self, x: Features) -> Features:
        """Back to the units of the training rows; a constant feature is its constant."""
        raw: Features = x * self.scale + self.mean
        return raw

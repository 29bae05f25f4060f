"""A look at a data set's values: what would turn a ranking over, and the remedy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.base import Dataset, Features, Samples
from benchmark.datasets.preprocessing.presets import AUTO

_BLOCK = 1 << 22
"""Values looked at together: no copy of a large matrix is made."""
_CODES, _MANY_COUNTS = 2.0, 20.0
_LARGE = 1e3
_WIDE = 10.0
_MOST = 0.5
_PANEL = 500
"""Fewer features than this are a panel (proteins); more are genes or peaks."""


@dataclass(frozen=True)
class Finding:
    """A look at the values of one modality.

    Attributes:
        modality: 1 or 2.
        features: their number.
        counts: the values are whole numbers from 0 on and look like counts rather than codes:
            some are above 20, or some above 2 where most are 0 or the features are many.
        smallest: the smallest value.
        largest: the largest magnitude.
        spread: 95th percentile of the features' standard deviations over their median.
        share: share of the whole variance that the widest feature has.
        constant: number of features with one value in all cells.
    """

    modality: int
    features: int
    counts: bool
    smallest: float
    largest: float
    spread: float
    share: float
    constant: int

    @property
    def uneven(self) -> bool:
        """Tell whether some features outweigh the others by their scale alone."""
        return self.spread > _WIDE or (self.features >= _WIDE and self.share > _MOST)

    @property
    def remedy(self) -> str:
        """The preset or step that the values ask for; "none" if they are fine as they are."""
        if self.counts:
            return "rna" if self.features >= _PANEL else "protein"
        return "zscore" if self.uneven or self.largest > _LARGE else "none"

    def complaints(self) -> Iterator[str]:
        """Say what is wrong with the values, in a few words each."""
        if self.counts:
            yield f"raw counts up to {self.largest:,.0f}"
        elif self.largest > _LARGE:
            yield f"values up to {self.largest:.3g}"
        if self.uneven and not self.counts:
            yield (
                f"scales differ (the widest feature has {self.share:.0%} of the variance, the 95th "
                f"percentile of standard deviations is {self.spread:.1f} × their median)"
            )
        if self.constant:
            yield f"{self.constant} of {self.features} features are constant and carry nothing"

    def line(self, name: str) -> str:
        """One line on a modality of that name that nothing is done to, "" if it is fine."""
        found = "; ".join(self.complaints())
        if not found or self.remedy == "none":
            return f"{name}: {found}" if found else ""
        other = ", or atac if they are reads in peaks" if self.remedy == "rna" else ""
        option = f"--preprocess{self.modality}"
        return (
            f"{name}: {found}; nothing is done to them, which can turn a ranking over: "
            f"{option} {self.remedy}{other} ({option} {AUTO} chooses)"
        )

    def misfit(self, name: str) -> str:
        """One line on steps for counts that are done to something else."""
        return (
            f"{name}: the steps are made for counts, and these values are none "
            f"(from {self.smallest:.3g}, largest {self.largest:.3g}); are they transformed already?"
        )


def look(dataset: Dataset) -> tuple[Finding, ...]:
    """Look at both modalities, all cells; nothing is changed."""
    return tuple(_finding(m, s) for m, s in enumerate((dataset.modality1, dataset.modality2), 1))


def _finding(modality: int, samples: Samples) -> Finding:
    x = samples.x
    variance = _variances(x)
    alive = variance[variance > 0]
    deviation = np.sqrt(alive)
    smallest, largest = float(x.min()), float(np.abs((x.min(), x.max())).max())
    return Finding(
        modality=modality,
        features=x.shape[1],
        counts=smallest >= 0 and _many(x, largest) and _whole(x),
        smallest=smallest,
        largest=largest,
        spread=float(np.percentile(deviation, 95) / np.median(deviation)) if alive.size else 1.0,
        share=float(alive.max() / alive.sum()) if alive.size else 0.0,
        constant=samples.constant,
    )


def _many(x: Features, largest: float) -> bool:
    """Tell whether whole numbers are counts rather than codes or a few levels."""
    if largest <= _CODES or largest > _MANY_COUNTS:
        return largest > _MANY_COUNTS
    return x.shape[1] >= _PANEL or int(np.count_nonzero(x)) < x.size * (1 - _MOST)


def _whole(x: Features) -> bool:
    return all(bool((block == np.rint(block)).all()) for block in _blocks(x))


def _variances(x: Features) -> NDArray[np.float64]:
    """Variances of the features, shape (k,), in float64; exactly 0 for a constant one."""
    mean = x.mean(axis=0, dtype=np.float64)
    total = np.zeros(x.shape[1])
    for block in _blocks(x):
        total += np.square(block - mean).sum(axis=0)
    return np.where((x == x[:1]).all(axis=0), 0.0, total / len(x))


def _blocks(x: Features) -> Iterator[Features]:
    rows = max(1, _BLOCK // x.shape[1])
    for start in range(0, len(x), rows):
        yield x[start : start + rows]

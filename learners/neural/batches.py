"""Mini-batches: rows of the two modalities that meet."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from learners.inputs import Codes, check_count
from weakpair.errors import ParameterError

Rows = NDArray[np.int64]


class Batches(ABC):
    """Yields, epoch after epoch, row numbers of modality 1 and of modality 2.

    Args:
        codes1: label codes of modality 1, shape (n1,).
        codes2: label codes of modality 2, shape (n2,).
        batch_size: rows per modality, at most.
    """

    def __init__(self, codes1: Codes, codes2: Codes, batch_size: int) -> None:
        check_count("batch_size", batch_size, 2)
        self.codes = (codes1, codes2)
        self.batch_size = batch_size

    @property
    @abstractmethod
    def steps(self) -> int:
        """Number of mini-batches of an epoch, at least 1."""

    @abstractmethod
    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
        """The mini-batches of one epoch; each has at least two rows per modality."""


class PlainBatches(Batches):
    """Every row of the larger modality once per epoch, without regard to labels.

    The smaller modality starts over, reshuffled, until it has met all of the larger one. Where
    one row is left over it is dropped, for batch norm needs two.

    Raises:
        ParameterError: both modalities have a single row.
    """

    def __init__(self, codes1: Codes, codes2: Codes, batch_size: int) -> None:
        super().__init__(codes1, codes2, batch_size)
        self.total = max(map(len, self.codes))
        if self.total < 2:
            raise ParameterError("training needs at least two cells; x1 and x2 have one")

    @property
    def steps(self) -> int:
        """Number of mini-batches of an epoch."""
        return chunks(self.total, self.batch_size)

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
        """The mini-batches of one epoch."""
        one, two = (self._order(len(codes), rng) for codes in self.codes)
        for start in range(0, self.total, self.batch_size):
            stop = min(start + self.batch_size, self.total)
            if stop - start > 1:
                yield one[start:stop], two[start:stop]

    def _order(self, n: int, rng: np.random.Generator) -> Rows:
        rounds = -(-self.total // n)
        return np.concatenate([rng.permutation(n) for _ in range(rounds)])[: self.total]


class BalancedBatches(Batches):
    """Batches with the same number of rows of every label (GROOVE, Appendix A.5).

    With L labels and a smallest label of n_min rows (in either modality; the paper looks at the
    first and takes both to be alike), a batch has min((B - B mod L) / L, n_min) rows per label,
    drawn for each modality on its own. An epoch has as many batches as n_min allows without
    drawing a row twice; the paper's "entire training process" is read as one epoch, so that
    larger labels show other rows in the next.

    Raises:
        ParameterError: fewer than one row per label would fit, or one row per batch.
    """

    def __init__(self, codes1: Codes, codes2: Codes, batch_size: int) -> None:
        super().__init__(codes1, codes2, batch_size)
        counts = np.stack([np.bincount(codes) for codes in self.codes])
        n_labels, n_min = counts.shape[1], int(counts.min())
        if batch_size < n_labels:
            raise ParameterError(
                f"batch_size is {batch_size}; balanced batches of {n_labels} labels need at "
                f"least {n_labels}"
            )
        self.per_label = min(batch_size // n_labels, n_min)
        self._steps: int = n_min // self.per_label
        if self.per_label * n_labels < 2:
            raise ParameterError("training needs two labels, or two cells of the only label")

    @property
    def steps(self) -> int:
        """Number of mini-batches of an epoch."""
        return self._steps

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
        """The mini-batches of one epoch."""
        one, two = (self._drawn(codes, rng) for codes in self.codes)
        yield from zip(one, two, strict=True)

    def _drawn(self, codes: Codes, rng: np.random.Generator) -> list[Rows]:
        """Row numbers, one array of per_label × labels per step."""
        shuffled = rng.permutation(len(codes))
        grouped = shuffled[np.argsort(codes[shuffled], kind="stable")]
        starts = np.searchsorted(codes[grouped], np.arange(codes.max() + 1))
        taken = grouped[starts[:, None] + np.arange(self.steps * self.per_label)]
        return [part.ravel() for part in np.split(taken, self.steps, axis=1)]


def chunks(count: int, size: int) -> int:
    """Number of chunks of at most `size` that `count` rows make, one left over not counted.

    >>> chunks(401, 200), chunks(402, 200)
    (2, 3)
    """
    return count // size + (count % size > 1)

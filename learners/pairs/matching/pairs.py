"""Pairs of cells of the two modalities, and mini-batches of them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from learners.inputs import Codes
from learners.neural.batches import Batches, Rows, chunks
from weakpair.errors import ParameterError


class Pairs(NamedTuple):
    """Row numbers of modality 1 and of modality 2, each (p,); every pair shares its label."""

    rows1: Rows
    rows2: Rows


class PairedBatches(Batches):
    """Every pair once per epoch; `pairs` must be set before the first and may change.

    Where one pair is left over at the end of an epoch it is dropped, for a contrast needs two.
    """

    pairs: Pairs

    @property
    def steps(self) -> int:
        """Number of mini-batches of an epoch."""
        return chunks(self._count, self.batch_size)

    @property
    def _count(self) -> int:
        count = len(self.pairs.rows1)
        if count < 2:
            raise ParameterError(f"training needs at least two pairs of cells; there are {count}")
        return count

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
        """The mini-batches of one epoch.

        Raises:
            ParameterError: fewer than two pairs.
        """
        count = self._count
        order = rng.permutation(count)
        for start in range(0, count, self.batch_size):
            chosen = order[start : start + self.batch_size]
            if len(chosen) > 1:
                yield self.pairs.rows1[chosen], self.pairs.rows2[chosen]


def random_pairs(codes1: Codes, codes2: Codes, rng: np.random.Generator) -> Pairs:
    """Pair cells at random inside their labels, as an unpaired data set is made into pairs.

    Every cell of both modalities is used: the smaller side of a label starts over, reshuffled.
    """
    rows1, rows2 = [], []
    for label in range(int(codes1.max()) + 1):
        one, two = np.flatnonzero(codes1 == label), np.flatnonzero(codes2 == label)
        count = max(len(one), len(two))
        rows1.append(_cycled(one, count, rng))
        rows2.append(_cycled(two, count, rng))
    return Pairs(np.concatenate(rows1), np.concatenate(rows2))


def _cycled(rows: Rows, count: int, rng: np.random.Generator) -> Rows:
    rounds = -(-count // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:count]

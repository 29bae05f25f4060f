"""Small latents for conformance checks of aligners."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABELS = ("drug a", "drug b", "vehicle")


@dataclass(frozen=True, eq=False)
class Toy:
    """Latents (n1, d) and (n2, d) with string labels (n1,) and (n2,), in unrelated orders.

    `cells1` (n1,) and `cells2` (n2,) number the cells; those of one number are a pair.
    """

    z1: NDArray[np.float32]
    t1: NDArray[np.str_]
    cells1: NDArray[np.int64]
    z2: NDArray[np.float32]
    t2: NDArray[np.str_]
    cells2: NDArray[np.int64]

    def but(self, **changes: Any) -> "Toy":
        """Give the same with other arrays."""
        return replace(self, **changes)

    def permuted(self, order1: NDArray[np.int64], order2: NDArray[np.int64]) -> "Toy":
        """Give the same cells in other orders."""
        one = self.z1[order1], self.t1[order1], self.cells1[order1]
        return Toy(*one, self.z2[order2], self.t2[order2], self.cells2[order2])

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of modality 1 and 2 that an oracle may take for the same cell."""
        _, rows1, rows2 = np.intersect1d(self.cells1, self.cells2, return_indices=True)
        return rows1.astype(np.int64), rows2.astype(np.int64)


def toy(counts1: tuple[int, ...] = (9, 7, 5), counts2: tuple[int, ...] = (4, 6, 8)) -> Toy:
    """Labels shift a latent of 4 dimensions that both modalities show, with noise.

    Args:
        counts1: cells of each label in modality 1.
        counts2: cells of each label in modality 2.
    """
    rng = np.random.default_rng(0)
    shift = 3 * rng.normal(size=(len(LABELS), 4))
    arrays: list[NDArray[Any]] = []
    for counts in (counts1, counts2):
        # Numbers of a label begin at a hundred times its code.
        cells = rng.permutation(
            np.concatenate([100 * i + np.arange(n) for i, n in enumerate(counts)])
        )
        latents = shift[cells // 100] + rng.normal(size=(len(cells), 4))
        arrays += [latents.astype(np.float32), np.array(LABELS)[cells // 100], cells]
    return Toy(*arrays)

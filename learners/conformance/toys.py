"""A small weakly paired data set for conformance checks and examples."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABELS = ("drug a", "drug b", "vehicle")


@dataclass(frozen=True, eq=False)
class Toy:
    """Rows (n1, k1) and (n2, k2) with string labels (n1,) and (n2,), in unrelated orders."""

    x1: NDArray[np.float32]
    t1: NDArray[np.str_]
    x2: NDArray[np.float32]
    t2: NDArray[np.str_]

    def but(self, **changes: Any) -> "Toy":
        """Give the same with other arrays."""
        return replace(self, **changes)

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of modality 1 and 2 that an oracle may take for the same cell."""
        rows1, rows2 = [], []
        for label in LABELS:
            one, two = np.flatnonzero(self.t1 == label), np.flatnonzero(self.t2 == label)
            count = min(len(one), len(two))
            rows1.append(one[:count])
            rows2.append(two[:count])
        return np.concatenate(rows1), np.concatenate(rows2)


def toy(counts1: tuple[int, ...] = (20, 17, 13), counts2: tuple[int, ...] = (12, 14, 15)) -> Toy:
    """Three labels shift a shared latent of which the modalities show 12 and 7 features.

    Args:
        counts1: cells of each label in modality 1.
        counts2: cells of each label in modality 2.
    """
    rng = np.random.default_rng(0)
    shift = 3 * rng.normal(size=(len(LABELS), 4))
    arrays: list[NDArray[Any]] = []
    for counts, width in ((counts1, 12), (counts2, 7)):
        codes = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        latents = shift[codes] + rng.normal(size=(len(codes), 4))
        noise = 0.1 * rng.normal(size=(len(codes), width))
        arrays.append((latents @ rng.normal(size=(4, width)) + noise).astype(np.float32))
        arrays.append(np.array(LABELS)[codes])
    return Toy(*arrays)

"""Seeded draws inside every perturbation."""

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np

from benchmark.datasets.base import Rows, Strings

Generators = Callable[[str], np.random.Generator]


def strata(labels: Strings, generator: Generators) -> Iterator[Rows]:
    """The members of every label, labels sorted, members in random order.

    Args:
        labels: shape (n,).
        generator: from a label to its own source of randomness, so that the draw inside one label
            does not depend on which others there are.
    """
    for label in np.unique(labels):
        yield generator(str(label)).permutation(np.flatnonzero(labels == label))


def deal(labels: Strings, folds: int, generator: Generators) -> Rows:
    """Fold of every unit, shape (n,); sizes differ by at most one, in every label and over all."""
    fold = np.empty(len(labels), dtype=np.int64)
    dealt = 0
    for members in strata(labels, generator):
        fold[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return fold


def share(labels: Strings, size: float, generator: Generators) -> Rows:
    """Units that make up the share `size` of every label, at least one and never all."""
    drawn = []
    for members in strata(labels, generator):
        wanted = round(size * len(members))
        drawn.append(members[: min(max(wanted, 1), len(members) - 1)])
    return np.sort(np.concatenate(drawn))


def divide(labels: Strings, overlap: float, generator: Generators) -> tuple[Rows, Rows]:
    """Divide units into those measured in modality 1 and those in modality 2.

    In every label the share `overlap` is measured in both; the rest is halved, an odd unit going
    to modality 1. What is shared at a smaller overlap is shared at a larger one.
    """
    first, second = [], []
    for members in strata(labels, generator):
        both = round(overlap * len(members))
        middle = both + (len(members) - both + 1) // 2
        first.append(members[:middle])
        second.append(np.concatenate([members[:both], members[middle:]]))
    return np.concatenate(first), np.concatenate(second)


def keep(labels: Strings, size: float, generator: Generators) -> Rows:
    """Units that make up the share `size` of every label, rounded up.

    With the generators of `divide` and a half they are its first ones at an overlap of 0.
    """
    drawn = [members[: ceil(size * len(members))] for members in strata(labels, generator)]
    return np.concatenate(drawn)


def unpair(labels: Strings, decoys: float, generator: Generators) -> tuple[Rows, Rows]:
    """Divide test units into those measured in modality 1 and those in modality 2.

    In every label, `decoys` units for each one that is measured in both are measured in modality 1
    alone and as many in modality 2 alone, as nearly as its size allows; one is always in both. Who
    is a decoy at few of them is one at more.
    """
    first, second = [], []
    for members in strata(labels, generator):
        n = len(members)
        alone = min(round(n * decoys / (1 + 2 * decoys)), (n - 1) // 2)
        first.append(np.concatenate([members[: n - 2 * alone], members[n - 2 * alone :: 2]]))
        second.append(np.concatenate([members[: n - 2 * alone], members[n - 2 * alone + 1 :: 2]]))
    return np.concatenate(first), np.concatenate(second)

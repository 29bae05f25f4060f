"""Structure: does a plan carry distances inside labels from one modality to the other?"""

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates.cases import SurrogateCase
from benchmark.metrics.surrogates.geometry import by_label, distances_of, reachable

Floats = NDArray[np.float64]

_ALIKE = 1e-6


def structure(case: SurrogateCase) -> float:
    """Correlation of distances between cells with those between their mean partners.

    Inside each label, over all pairs of cells: Pearson's correlation of the distance of their
    features with the distance of their plan's mean partners in the other modality; the mean over
    labels, weighted by cells, and over both directions. Under any pairing that forgets the cells
    its expectation is 0; a plan whose partners are all alike has none, which counts as 0.

    It assumes that the modalities share their geometry. It is fooled by outliers that lie far from
    all others in both modalities, and by plans that carry one modality's geometry over to the wrong
    cells: on the digits `pca` with `eot`, which matches at chance, has the highest of all.

    Raises:
        UndefinedScoreError: no label has three test cells in either modality.
    """
    found, cells = 0.0, 0
    for plan, own, other in case.directions:
        centred = reachable(other.x - other.x.mean(axis=0))
        partners = np.asarray(plan.barycentric(centred), dtype=np.float64)
        for rows in by_label(own, least=3):
            distances = distances_of(reachable(own.x)[rows])
            found += len(rows) * _correlation(distances, distances_of(partners[rows]))
            cells += len(rows)
    if not cells:
        raise UndefinedScoreError("not defined: no label has three test cells")
    return found / cells


def _correlation(first: Floats, second: Floats) -> float:
    """Pearson's correlation of two sets of distances; 0 where one has no spread."""
    upper = np.triu_indices(len(first), k=1)
    sides = [distances[upper] for distances in (first, second)]
    # Distances that are alike but for rounding tell nothing.
    if any(side.std() <= _ALIKE * side.mean() for side in sides):
        return 0.0
    one, two = (side - side.mean() for side in sides)
    return float(one @ two / np.sqrt((one @ one) * (two @ two)))

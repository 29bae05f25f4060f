"""Surrogates: what can be said of a plan without a single true pair."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aligners.hidden import Skill, skill
from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.matching import TIE
from benchmark.metrics.surrogate_cases import Side, SurrogateCase
from weakpair.magnitudes import as_float64, in_reach

if TYPE_CHECKING:
    pass

Floats = NDArray[np.float64]

_NEIGHBOURS = 0.1  # of a label's cells
_ALIKE = 1e-6


def hidden_label(case: SurrogateCase) -> float:
    """Skill in telling labels apart that the method saw as one.

    Labels are merged at random into groups, and the method is fitted and aligned with the group
    alone. For a test cell s is the share of its row's mass on cells of its true label, c what a
    plan that is uniform inside the group gives it. The score is sum(s - c) / sum(1 - c) over all
    cells with a choice, of both modalities and all merges: 0 at chance, 1 for a plan that is
    always right, negative below chance.

    It assumes that what tells two perturbations apart also tells cells of one perturbation apart.
    It is fooled by methods that separate labels and nothing else (`lda` on cells that differ by
    label alone), and knows nothing of identities inside labels.

    Raises:
        UndefinedScoreError: no merged labels, or no test cell with a choice.
    """
    if not case.hidden:
        raise UndefinedScoreError("not defined: hidden labels need at least four perturbations")
    found = sum((skill(*guess) for guess in case.guesses()), Skill(0.0, 0.0))
    if found.possible == 0:
        raise UndefinedScoreError("not defined: no test cell is in a group of two labels")
    return found.share


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
        centred = _in_reach(other.x - other.x.mean(axis=0))
        partners = np.asarray(plan.barycentric(centred), dtype=np.float64)
        for rows in _by_label(own, least=3):
            distances = _distances(_in_reach(own.x)[rows])
            found += len(rows) * _correlation(distances, _distances(partners[rows]))
            cells += len(rows)
    if not cells:
        raise UndefinedScoreError("not defined: no label has three test cells")
    return found / cells


def cycle(case: SurrogateCase) -> float:
    """Share of mass that comes back to a cell's neighbourhood by the plan there and back.

    A cell's mass goes to the other modality by its row of the plan, and back by the columns. r is
    the share that ends at the cell or its nearest tenth of the label's cells (by their features),
    c the share of the cells that these are. The score is sum(r - c) / sum(1 - c), over both
    modalities.

    A **negative example**: any one-to-one plan, also a random permutation, brings all mass back, so
    that the score tells sharp plans from blurred ones and not right ones from wrong ones.

    Raises:
        UndefinedScoreError: no label has three test cells in either modality.
    """
    gained = possible = 0.0
    for plan, own, _ in case.directions:
        forth, back = _rows_to_one(plan.todense()), _rows_to_one(plan.T.todense())
        for rows in _by_label(own, least=3):
            near = _nearest(_distances(_in_reach(own.x)[rows]))
            returned = forth[rows] @ back[:, rows]
            there = np.take_along_axis(returned, near, axis=1).sum(axis=1)
            chance = near.shape[1] / len(rows)
            gained += float((there - chance).sum())
            possible += (1 - chance) * len(rows)
    if possible == 0:
        raise UndefinedScoreError("not defined: no label has three test cells")
    return gained / possible


def _by_label(side: Side, least: int) -> list[NDArray[np.int64]]:
    """Rows of each label that has so many cells."""
    found = (np.flatnonzero(side.labels == label) for label in np.unique(side.labels))
    return [rows for rows in found if len(rows) >= least]


def _in_reach(x: Floats) -> Floats:
    """Features whose squares are numbers, whatever their unit."""
    return as_float64(in_reach(x)[0])


def _distances(x: Floats) -> Floats:
    """Euclidean distances between all rows, (n, n)."""
    squares = np.einsum("ij,ij->i", x, x)
    sums = squares[:, None] + squares
    apart = sums - 2 * x @ x.T
    # What rounding alone may leave of equal rows is no distance.
    return np.sqrt(np.where(apart > TIE * sums, apart, 0.0))


def _correlation(first: Floats, second: Floats) -> float:
    """Pearson's correlation of two sets of distances; 0 where one has no spread."""
    upper = np.triu_indices(len(first), k=1)
    sides = [distances[upper] for distances in (first, second)]
    # Distances that are alike but for rounding tell nothing.
    if any(side.std() <= _ALIKE * side.mean() for side in sides):
        return 0.0
    one, two = (side - side.mean() for side in sides)
    return float(one @ two / np.sqrt((one @ one) * (two @ two)))


def _nearest(distances: Floats) -> NDArray[np.int64]:
    """The cell itself and its nearest tenth, by row."""
    count = 1 + max(1, round(_NEIGHBOURS * len(distances)))
    return np.argsort(distances, axis=1, kind="stable")[:, : min(count, len(distances) - 1)]


def _rows_to_one(plan: NDArray[np.floating[Any]]) -> Floats:
    sums = plan.sum(axis=1, keepdims=True)
    return np.asarray(plan / np.where(sums > 0, sums, 1), dtype=np.float64)

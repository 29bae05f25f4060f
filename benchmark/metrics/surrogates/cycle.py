"""Cycle: does mass come back to a cell's neighbourhood? A negative example."""

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates.cases import SurrogateCase
from benchmark.metrics.surrogates.geometry import by_label, distances_of, reachable, rows_to_one

Floats = NDArray[np.float64]

_NEIGHBOURS = 0.1  # of a label's cells


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
        forth, back = rows_to_one(plan.todense()), rows_to_one(plan.T.todense())
        for rows in by_label(own, least=3):
            near = _nearest(distances_of(reachable(own.x)[rows]))
            returned = forth[rows] @ back[:, rows]
            there = np.take_along_axis(returned, near, axis=1).sum(axis=1)
            chance = near.shape[1] / len(rows)
            gained += float((there - chance).sum())
            possible += (1 - chance) * len(rows)
    if possible == 0:
        raise UndefinedScoreError("not defined: no label has three test cells")
    return gained / possible


def _nearest(distances: Floats) -> NDArray[np.int64]:
    """The cell itself and its nearest tenth, by row."""
    count = 1 + max(1, round(_NEIGHBOURS * len(distances)))
    return np.argsort(distances, axis=1, kind="stable")[:, : min(count, len(distances) - 1)]

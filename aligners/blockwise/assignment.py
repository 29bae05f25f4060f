"""Partners without entropy: one for each cell, or those that choose each other."""

from typing import ClassVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from aligners.blockwise.base import ROWS_ONLY, Blockwise, Floats, Solved, costs_of, rows_alike
from aligners.inputs import check_positive


class Hungarian(Blockwise):
    """One partner for each cell inside each label, by the least sum of squared distances.

    The assignment problem, by SciPy's Jonker–Volgenant algorithm (Crouse, On implementing 2D
    rectangular assignment algorithms, IEEE TAES 2016). Where a label has more cells in one modality
    than in the other, those that fit worst go without partner.
    """

    def _solve(self, x: Floats, y: Floats) -> Solved:
        costs = costs_of(x, y)
        weights = np.zeros_like(costs)
        weights[linear_sum_assignment(costs)] = 1
        return Solved(weights)


class MutualNeighbours(Blockwise):
    """Cells that are among each other's nearest, inside each label, rows normalised.

    Mutual nearest neighbours (Haghverdi et al., Batch effects in single-cell RNA-sequencing data
    are corrected by matching mutual nearest neighbors, Nature Biotechnology 2018). A cell that is
    in no such pair goes to its nearest one. Nothing is asked of the columns.

    Args:
        k: how many neighbours each cell has in the other modality, at most those of the label.
    """

    marginals: ClassVar[str] = ROWS_ONLY

    def __init__(self, k: int = 5) -> None:
        self.k = k

    def _check_parameters(self) -> None:
        check_positive(k=self.k)

    def _solve(self, x: Floats, y: Floats) -> Solved:
        costs = costs_of(x, y)
        mutual = _nearest(costs, self.k) & _nearest(costs.T, self.k).T
        alone = ~mutual.any(axis=1)
        mutual[alone] = _nearest(costs, 1)[alone]
        return Solved(rows_alike(mutual.astype(np.float64)))


def _nearest(costs: Floats, k: int) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    """Tell for each row which columns are no further than the k-th nearest; ties are in."""
    place = min(k, costs.shape[1]) - 1
    furthest = np.partition(costs, place, axis=1)[:, place]
    return np.asarray(costs <= furthest[:, None])

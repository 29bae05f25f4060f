"""Transport through few anchors: plans of low rank."""

import warnings
from typing import ClassVar

import numpy as np
import ot

from aligners.blockwise.base import Blockwise, Floats, Solved, costs_of
from aligners.inputs import check_positive


class LowRankOT(Blockwise):
    """Optimal transport inside each label by plans of low rank, Q diag(1/g) R'.

    Minimises <C, T> over couplings of nonnegative rank `rank` (Scetbon, Cuturi & Peyré, Low-rank
    Sinkhorn factorization, ICML 2021), by POT: each cell goes to some of `rank` anchors, and from
    there to the other side. A small rank blurs by clusters, as a large epsilon does by distance.

    Args:
        rank: number of anchors of a label, at most half of its cells in either modality.
        tol: largest error of the factors' marginals, and of a step.
        max_iter: cap on the iterations of a block.
    """

    # Its first factors depend on the order of the cells.
    equivariant: ClassVar[bool] = False
    version: ClassVar[int] = 2

    def __init__(self, rank: int = 10, tol: float = 1e-4, max_iter: int = 1000) -> None:
        self.rank = rank
        self.tol = tol
        self.max_iter = max_iter

    def _check_parameters(self) -> None:
        check_positive(rank=self.rank, tol=self.tol, max_iter=self.max_iter)

    def _solve(self, x: Floats, y: Floats) -> Solved:
        rank = max(1, min(self.rank, len(x) // 2, len(y) // 2))
        if rank == 1 or not costs_of(x, y).any():
            return Solved(np.ones((len(x), len(y))))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            q, r, g = ot.lowrank.lowrank_sinkhorn(
                x,
                y,
                reg=0,
                rank=rank,
                init="deterministic",
                numItermax=self.max_iter,
                stopThr=self.tol,
            )
        return Solved(np.maximum(q / g @ r.T, 0), converged=not told)

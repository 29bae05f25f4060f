"""Bijections in linear memory: one partner for each cell of labels with 10⁵ cells and more."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np
import ot
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array

from aligners.blockwise.base import Blockwise, Floats, Solved, costs_of
from aligners.inputs import check_positive

Places = NDArray[np.int64]

# Times that a bijection's swaps are asked, at most.
_ROUNDS = 4
# Error of the marginals of a split, which only has to tell which half a cell leans to.
_SPLIT = 1e-3


class Bijection(Blockwise):
    """One partner for each cell inside each label, none of whose costs are stored.

    Where a label has more cells in one modality than in the other, cells of the smaller side are
    repeated in turn, so that none goes without partner and some have one more than others.
    """

    equivariant: ClassVar[bool] = False

    @abstractmethod
    def _partners(self, x: Floats, y: Floats) -> Places:
        """A permutation: row of y for each row of x, as many of one as of the other."""

    def _solve(self, x: Floats, y: Floats) -> Solved:
        shape, count = (len(x), len(y)), max(len(x), len(y))
        rows, columns = (np.arange(count) % size for size in shape)
        columns = columns[self._partners(x[rows], y[columns])]
        weights = coo_array((np.ones(count), (rows, columns)), shape=shape)
        weights.sum_duplicates()
        return Solved(weights)


class BSP(Bijection):
    """A bijection of low cost by merging random matchings along lines, inside each label.

    BSP-OT (Genest, Bonneel, Nivoliers & Coeurjolly, BSP-OT: Sparse transport plans between discrete
    measures in loglinear time, ACM Transactions on Graphics 2025): both clouds are cut in halves
    along random directions until single cells face each other, which gives a bijection; `plans` of
    them are merged, each by the swaps of two partners that it proposes and that gain. Time grows as
    n log² n, memory as n. It is no optimum: clouds that are alike leave it in local ones. POT's own
    version draws directions that no seed repeats.

    Args:
        plans: how many bijections are merged.
        seed: of the directions.
    """

    version: ClassVar[int] = 2

    def __init__(self, plans: int = 64, seed: int = 0) -> None:
        self.plans = plans
        self.seed = seed

    def _check_parameters(self) -> None:
        check_positive(plans=self.plans)

    def _partners(self, x: Floats, y: Floats) -> Places:
        rng = np.random.default_rng(self.seed)
        best = _cut(x, y, rng)
        for _ in range(self.plans - 1):
            best = _merged(best, _cut(x, y, rng), x, y)
        return best


def _cut(x: Floats, y: Floats, rng: np.random.Generator) -> Places:
    """A bijection by halving both clouds alike, each piece along a direction of its own."""
    one, two = np.arange(len(x)), np.arange(len(y))
    ends = np.array([0, len(x)])
    while (sizes := np.diff(ends)).max() > 1:
        piece = np.repeat(np.arange(len(sizes)), sizes)
        directions = rng.standard_normal((len(sizes), x.shape[1]))[piece]
        one = one[np.lexsort([np.einsum("ij,ij->i", x[one], directions), piece])]
        two = two[np.lexsort([np.einsum("ij,ij->i", y[two], directions), piece])]
        ends = np.unique(np.concatenate([ends, ends[:-1] + (sizes + 1) // 2]))
    found = np.empty(len(x), dtype=np.int64)
    found[one] = two
    return found


def _merged(best: Places, other: Places, x: Floats, y: Floats) -> Places:
    """The best bijection with those swaps of two partners that another proposes and that gain.

    The other gives cell i the partner j, which is k's: both swap if that is cheaper. Of swaps that
    want one cell the best is made, and the rest are asked again.
    """
    rows, found = np.arange(len(best)), best.copy()
    for _ in range(_ROUNDS):
        owner = np.empty_like(found)
        owner[found] = rows
        second = owner[other]
        gain = _squares(x, y[found]) + _squares(x[second], y[other])
        gain -= _squares(x, y[other]) + _squares(x[second], y[found])
        largest = gain.copy()
        np.maximum.at(largest, second, gain)
        # A gain that two swaps share is made by the first of them.
        first = np.full(len(rows), len(rows))
        wins = (gain > 0) & (gain >= largest) & (gain >= largest[second])
        for cells in (rows, second):
            np.minimum.at(first, cells[wins], rows[wins])
        made = wins & (first == rows) & (first[second] == rows)
        if not made.any():
            break
        kept = found[made]
        found[made], found[second[made]] = other[made], kept
    return found


def _squares(one: Floats, other: Floats) -> Floats:
    """Squared distance of each row of two matrices, (n,)."""
    return np.asarray(np.square(one - other).sum(axis=1))


class HiRef(Bijection):
    """A bijection by halves: low-rank transport of rank 2 splits both clouds, then each half.

    Hierarchical refinement (Halmos, Gold, Liu & Raphael, Hierarchical Refinement: optimal transport
    to infinity and beyond, ICML 2025): the factors of a low-rank plan (Scetbon et al. 2021, by POT)
    cluster both sides alike, and partners are sought inside clusters alone, down to `base` cells,
    which are assigned exactly. So memory grows as n. With `base` cells or fewer it is `hungarian`.
    Of a split, the half of the cells that leans most to the first factor goes there.

    Args:
        base: largest number of cells that is assigned exactly.
        max_iter: cap on the iterations of a split.
    """

    version: ClassVar[int] = 2

    def __init__(self, base: int = 512, max_iter: int = 100) -> None:
        self.base = base
        self.max_iter = max_iter

    def _check_parameters(self) -> None:
        check_positive(base=self.base, max_iter=self.max_iter)

    def _partners(self, x: Floats, y: Floats) -> Places:
        found = np.zeros(len(x), dtype=np.int64)
        waiting = [(np.arange(len(x)), np.arange(len(y)))]
        while waiting:
            one, two = waiting.pop()
            if len(one) <= self.base:
                rows, columns = linear_sum_assignment(costs_of(x[one], y[two]))
                found[one[rows]] = two[columns]
            else:
                waiting += self._halves(x, y, one, two)
        return found

    def _halves(
        self, x: Floats, y: Floats, one: Places, two: Places
    ) -> list[tuple[Places, Places]]:
        """Both sides in two halves that go together."""
        factors = ot.lowrank.lowrank_sinkhorn(
            x[one],
            y[two],
            reg=0,
            rank=2,
            init="kmeans",
            numItermax=self.max_iter,
            stopThr=_SPLIT,
            warn=False,
        )[:2]
        half = len(one) // 2
        sides = []
        for rows, factor in ((one, factors[0]), (two, factors[1])):
            lean = factor[:, 0] / np.maximum(factor.sum(axis=1), np.finfo(float).tiny)
            order = np.argsort(-lean, kind="stable")
            sides.append((rows[order[:half]], rows[order[half:]]))
        return [(sides[0][part], sides[1][part]) for part in (0, 1)]

"""Matching scores between the cells of a label, and the pairs they suggest (IPIC, Algorithm 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from learners.inputs import Codes
from learners.neural.batches import Rows
from learners.pairs.matching.pairs import Pairs
from weakpair.errors import MethodError

Scores = NDArray[np.float32]
How = Literal["ot", "snn"]

_CHECK = 10
_TINY = 1e-300
_ENTRIES = 2**24  # of a batch of cost matrices: 128 MiB
_ASSIGN = 3000  # a label with more cells is paired row by row, for an assignment takes n³


class Block(NamedTuple):
    """One label: its rows of both modalities, (r,) and (c,), and their scores (r, c)."""

    rows1: Rows
    rows2: Rows
    scores: Scores


@dataclass(frozen=True, eq=False)
class Matching:
    """Scores of all pairs of cells that share a label, to be looked up for a batch.

    `flat` holds all blocks, one after another; the pair (i, j) of a label stands at
    `start[i] + place[j]`. A row that no block holds has label -1 and scores 0 with all.
    """

    flat: Tensor
    start: Tensor
    place: Tensor
    labels1: Tensor
    labels2: Tensor

    @classmethod
    def of(cls, blocks: Sequence[Block], n1: int, n2: int, device: torch.device) -> "Matching":
        """Lay out the blocks of data with n1 and n2 rows."""
        start, labels1 = np.zeros(n1, dtype=np.int64), np.full(n1, -1)
        place, labels2 = np.zeros(n2, dtype=np.int64), np.full(n2, -2)
        offset = 0
        for label, block in enumerate(blocks):
            height, width = block.scores.shape
            start[block.rows1] = offset + width * np.arange(height)
            place[block.rows2] = np.arange(width)
            labels1[block.rows1], labels2[block.rows2] = label, label
            offset += block.scores.size
        flat = np.concatenate([block.scores.ravel() for block in blocks])
        arrays = (flat, start, place, labels1, labels2)
        return cls(*(torch.from_numpy(array).to(device) for array in arrays))

    def scores(self, rows1: Tensor, rows2: Tensor) -> Tensor:
        """Scores of all pairs of a batch's rows, shape (b1, b2), 0 across labels (Eq. 7)."""
        same = self.labels1[rows1][:, None] == self.labels2[rows2]
        where = self.start[rows1][:, None] + self.place[rows2]
        return self.flat[where * same] * same


class Transport(NamedTuple):
    """Entropic plans of labels, (r, c) each, and the largest L1 error of their marginals."""

    plans: list[NDArray[np.float64]]
    error: float


def blocks_of(codes1: Codes, codes2: Codes) -> list[tuple[Rows, Rows]]:
    """Row numbers of modality 1 and of modality 2 by label."""
    return [
        (np.flatnonzero(codes1 == label), np.flatnonzero(codes2 == label))
        for label in np.unique(codes1)
    ]


def transport(
    one: NDArray[np.floating],
    two: NDArray[np.floating],
    groups: Sequence[tuple[Rows, Rows]],
    *,
    epsilon: float,
    tol: float,
    max_iter: int,
    device: torch.device,
) -> Transport:
    """Entropic optimal transport inside each label, uniform marginals (Algorithm 1, step 4).

    Args:
        one: points of modality 1, shape (n1, d).
        two: points of modality 2, shape (n2, d).
        groups: rows of every label.
        epsilon: regularisation, as a share of the largest cost of all labels.
        tol: largest L1 error of a plan's marginals.
        max_iter: cap on Sinkhorn iterations.
        device: where to compute.

    Returns:
        Plans of mass 1, float64; the cost is the Euclidean distance.
    """
    a, b = (torch.as_tensor(z, dtype=torch.float64).to(device) for z in (one, two))
    costs = [torch.cdist(a[r], b[c]) for r, c in groups]
    scale = max(float(cost.max()) for cost in costs) or 1.0
    plans: list[NDArray[np.float64]] = []
    worst = 0.0
    for batch in _batches(costs):
        found, error = sinkhorn([cost / scale for cost in batch], epsilon, tol, max_iter)
        plans += [plan.cpu().numpy() for plan in found]
        worst = max(worst, error)
    return Transport(plans, worst)


def sinkhorn(
    costs: Sequence[Tensor], epsilon: float, tol: float, max_iter: int
) -> tuple[list[Tensor], float]:
    """Entropic plans of mass 1 between uniform marginals, and the largest L1 marginal error.

    Potentials start from hard c-transforms, so that each row and column of the kernel has an entry
    1, and take up the scalings every few iterations: neither over- nor underflows.

    Args:
        costs: matrices (r, c) of any sizes, float64.
        epsilon: regularisation, in units of the costs.
        tol: error to stop at.
        max_iter: cap on iterations; the error tells whether they were enough.

    Raises:
        MethodError: a number that is not finite.
    """
    cost, a, b = _padded(costs)
    f = torch.where(a > 0, cost.amin(2, keepdim=True), 0.0)
    g = torch.where(b.mT > 0, (cost - f).amin(1, keepdim=True), 0.0)
    error = torch.full((), float("inf"))
    for used in range(0, max_iter, _CHECK):
        kernel = ((f + g - cost) / epsilon).exp()
        u, v = torch.ones_like(a), torch.ones_like(b)
        for _ in range(min(_CHECK, max_iter - used)):
            v = b / (kernel.mT @ u).clamp(min=_TINY)
            u = a / (kernel @ v).clamp(min=_TINY)
        f, g = f + epsilon * u.log(), g + epsilon * v.mT.log()
        error = (v * (kernel.mT @ u) - b).abs().sum((1, 2)).max()
        if not bool(error.isfinite()):
            raise MethodError(f"matching: a number that is not finite after {used} iterations")
        if error <= tol:
            break
    plans = ((f + g - cost) / epsilon).exp()
    sizes = [matrix.shape for matrix in costs]
    return [plan[:r, :c] for plan, (r, c) in zip(plans, sizes, strict=True)], float(error)


def _padded(costs: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Costs (B, r, c), infinite in the padding, and marginals (B, r, 1) and (B, c, 1), 0 there."""
    height, width = (max(cost.shape[side] for cost in costs) for side in (0, 1))
    cost = costs[0].new_full((len(costs), height, width), float("inf"))
    a, b = cost.new_zeros(len(costs), height, 1), cost.new_zeros(len(costs), width, 1)
    for number, matrix in enumerate(costs):
        r, c = matrix.shape
        cost[number, :r, :c] = matrix
        a[number, :r], b[number, :c] = 1 / r, 1 / c
    return cost, a, b


def _batches(costs: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Consecutive matrices that fit into memory together when padded."""
    batch: list[Tensor] = []
    for cost in costs:
        grown = [*batch, cost]
        size = len(grown) * max(c.shape[0] for c in grown) * max(c.shape[1] for c in grown)
        if batch and size > _ENTRIES:
            yield batch
            grown = [cost]
        batch = grown
    yield batch


def jaccard(one: NDArray[np.floating], two: NDArray[np.floating], k: int) -> NDArray[np.float64]:
    """Shared-nearest-neighbour scores of one label, (r, d) and (c, d) → (r, c).

    The cells of both modalities are one cloud. A score is the Jaccard index of two cells' `k`
    nearest neighbours in it, each cell being its own first (Xi et al., 2024). A row that shares
    none with any column scores all alike.
    """
    cloud = np.concatenate([one, two])
    k = min(k, len(cloud))
    found = NearestNeighbors(n_neighbors=k).fit(cloud).kneighbors(cloud, return_distance=False)
    ones = np.ones(found.size)
    member = csr_array((ones, found.ravel(), np.arange(0, found.size + 1, k)))
    shared = (member[: len(one)] @ member[len(one) :].T).toarray()
    scores = np.asarray(shared / (2 * k - shared))
    scores[scores.sum(1) == 0] = 1.0
    return scores


def suggested_pairs(blocks: Sequence[Block]) -> Pairs:
    """Re-pair the cells of each label by their scores (Algorithm 1, step 5).

    The one-to-one pairs of the largest total score; cells of the larger side that remain take the
    other side's cell with which they score highest, so every cell is in a pair.
    """
    found = [_pairs(block) for block in blocks]
    return Pairs(*(np.concatenate(rows) for rows in zip(*found, strict=True)))


def _pairs(block: Block) -> tuple[Rows, Rows]:
    height, width = block.scores.shape
    if max(height, width) <= _ASSIGN:
        i, j = linear_sum_assignment(block.scores, maximize=True)
    else:
        i, j = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    rest1, rest2 = np.setdiff1d(np.arange(height), i), np.setdiff1d(np.arange(width), j)
    i = np.concatenate([i, rest1, block.scores[:, rest2].argmax(0)])
    j = np.concatenate([j, block.scores[rest1].argmax(1), rest2])
    return block.rows1[i], block.rows2[j]

"""Matching scores between the cells of a label, and the pairs they suggest (IPIC, Algorithm 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from learners.neural.batches import Rows
from learners.pairs.matching.pairs import Pairs

Scores = NDArray[np.float32]

_ASSIGN = 3000  # a label with more cells is paired row by row, for an assignment takes n³


class Block(NamedTuple):
    """A label: its rows of both modalities, (r,) and (c,), and their scores (r, c)."""

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

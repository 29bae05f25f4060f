"""Stability: do fits that saw other groups of labels pair the same cells?"""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates.cases import SurrogateCase
from benchmark.metrics.surrogates.geometry import by_label, rows_to_one

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Floats = NDArray[np.float64]

_ALIKE = 1e-6


def stability(case: SurrogateCase) -> float:
    """Correlation of the rows of plans whose methods saw other groups of labels.

    Labels are merged at random several times, and the method is fitted anew each time. For every
    two of these plans, each row is looked at inside its true label, as shares of its mass there,
    and Pearson's correlation is taken between the two plans' rows; rows that are uniform in one of
    them count 0. The score is the mean over cells, both directions and all pairs of plans.

    It assumes that what chance and the groups decide is wrong. It is fooled by methods that look
    at nothing that is merged: without a learner every fit is the same, right or wrong.

    Raises:
        UndefinedScoreError: fewer than two merges, or no label has three cells.
    """
    plans = [found.plan for found in case.hidden]
    if len(plans) < 2:
        raise UndefinedScoreError("not defined: stability needs at least two merges of labels")
    found, cells = 0.0, 0
    for own, other, turned in ((case.one, case.two, False), (case.two, case.one, True)):
        dense = [_dense(plan, turned) for plan in plans]
        for rows in by_label(own, least=3):
            columns = np.flatnonzero(other.labels == own.labels[rows[0]])
            if len(columns) < 3:
                continue
            blocks = [_standardised(weights[np.ix_(rows, columns)]) for weights in dense]
            for one, another in combinations(blocks, 2):
                found += float((one * another).sum())
                cells += len(rows)
    if not cells:
        raise UndefinedScoreError("not defined: no label has three test cells in both modalities")
    return found / cells


def _dense(plan: "Plan", turned: bool) -> Floats:
    return np.asarray((plan.T if turned else plan).todense(), dtype=np.float64)


def _standardised(block: Floats) -> Floats:
    """Rows with mean 0 and length 1; rows that are uniform, or have no mass, are 0."""
    shares = rows_to_one(block)
    centred = shares - shares.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    told = lengths > _ALIKE / np.sqrt(block.shape[1])
    return np.asarray(np.where(told, centred / np.where(told, lengths, 1), 0.0))

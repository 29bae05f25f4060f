"""FOSCTTM of partners drawn from a plan, in the learner's latents; Xi et al. (2024)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import MatchingCase, UndefinedScoreError
from benchmark.metrics.matching import fraction_closer

Ints = NDArray[np.int64]


def drawn_foscttm(case: MatchingCase) -> float:
    """Fraction of cells closer to a drawn partner than the true match is, in the latents.

    Every paired cell draws one partner from its row of the plan (its column, in the other
    direction), and the cells of the partner's modality that are nearer to the partner than the
    true match are counted, among the paired cells of the same block: of the same label, for an
    aligner that keeps labels. Means of blocks, then over blocks, then of both directions. Draws
    are seeded; a cell without mass draws any cell of its block.

    Latents are the learner's, so that learners are measured by distances of their own, and a
    learner that moves cells together is not punished for it: read it beside Trace. Unlike
    `bary_foscttm` it does not reward blur.

    Raises:
        UndefinedScoreError: the plan is of no latents, no block has two pairs, or one cell per
            label, so that a plan inside labels could not be wrong.
    """
    if case.learnt is None:
        raise UndefinedScoreError("not defined: the plan is of no learner's latents")
    case.check_choice()
    groups = _groups(case)
    if not groups:
        raise UndefinedScoreError("not defined: no label has two true pairs")
    first, second = case.learnt
    to_second, to_first = case.drawn
    ahead = _direction(to_second[case.rows], second, case.columns, groups)
    back = _direction(to_first[case.columns], first, case.rows, groups)
    return (ahead + back) / 2


def _groups(case: MatchingCase) -> list[Ints]:
    """Numbers of the pairs of each block that has at least two, both cells of them in it."""
    owner, other = np.full(case.plan.shape[0], -1), np.full(case.plan.shape[1], -1)
    for number, block in enumerate(case.plan.blocks):
        owner[block.rows.cpu().numpy()] = number
        other[block.cols.cpu().numpy()] = number
    blocks = np.where(owner[case.rows] == other[case.columns], owner[case.rows], -1)
    parts = (np.flatnonzero(blocks == number) for number in np.unique(blocks[blocks >= 0]))
    return [part for part in parts if len(part) > 1]


def _direction(
    partners: Ints, latents: NDArray[np.float64], targets: Ints, groups: Sequence[Ints]
) -> float:
    """Mean over groups of the fractions for drawn partners and true ones, rows of `latents`."""
    fractions = (
        fraction_closer(latents[partners[group]], latents[targets[group]]).mean()
        for group in groups
    )
    return float(np.mean(list(fractions)))

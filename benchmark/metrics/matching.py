"""Matching metrics: is a plan's weight on the true pairs? GROOVE, Appendix F."""

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import MatchingCase, Projection, UndefinedScoreError
from benchmark.metrics.neighbours import BLOCK_BYTES, block_rows

# Squared distances that differ by less than this share of the squared lengths count as equal: a few
# orders above the rounding of a float64 product, so that equal cells always tie.
TIE = 1e-12


def trace(case: MatchingCase) -> float:
    """Mean weight on the true partner in the row-normalised plan; GROOVE Eq. 11.

    1 for the true pairing, 1 / n2 for a uniform plan. A row without mass weighs its partner 0.

    Raises:
        UndefinedScoreError: one cell per label: a plan inside labels could not be wrong.
    """
    case.check_choice()
    return float(case.weights.mean(dtype=np.float64))


def latent_mse(case: MatchingCase) -> float:
    """Mean squared error of true latents that a plan carries over (Xi et al. 2024).

    Each modality-1 cell is given the plan's weighted mean of modality-2 latents; squared errors are
    averaged over cells and dimensions. The paper averages treatments, which are of like sizes.

    It rewards blur, as FOSCTTM does: the mean of a label has half the error of a random partner of
    that label, so that a plan must be read beside `label-uniform`.

    Raises:
        UndefinedScoreError: nobody knows true latents, or one cell per label, so that a plan inside
            labels could not be wrong.
    """
    if case.latents is None:
        raise UndefinedScoreError("not defined: true latents are known of simulations alone")
    case.check_choice()
    first, second = case.latents
    carried = np.asarray(case.plan.barycentric(second), dtype=np.float64)
    rows = case.rows if case.paired else np.arange(len(first))
    return float(np.square(first[rows] - carried[rows]).mean())


def bary_foscttm(case: MatchingCase) -> float:
    """Symmetric fraction of samples closer than the true match; GROOVE Eq. 12.

    Each modality-2 cell is projected to the plan's weighted mean of modality-1 profiles, and the
    paired modality-1 cells that are nearer to it than its own pair are counted; likewise in the
    other direction; the two means are averaged. Distances are Euclidean in feature space. Ties
    count half, so a plan that tells nothing scores 0.5.

    Where pairs cover a part of the cells, weighted means run over all cells, while distances and
    the denominator (pairs - 1) are among the paired cells.

    It rewards blur: the mean of many cells of a label is nearer to each of them than most others
    are, so that a plan which spreads scores better than one that decides, on equal knowledge. On
    the digits (5 folds) `label-uniform` scores .086 and `random-permutation`, which knows as
    much, .160; read it beside `trace`, which is .025 and .024 there, and beside `label-uniform`.

    Raises:
        UndefinedScoreError: one pair only, so no other cell could be closer, or one cell per label,
            so that a plan inside labels could not be wrong.
    """
    if len(case.rows) < 2:
        raise UndefinedScoreError("not defined: one true pair leaves no other cell to be closer")
    case.check_choice()
    to_first = _direction(case.to_first, case.x1, case.columns, case.rows)
    to_second = _direction(case.to_second, case.x2, case.rows, case.columns)
    return (to_first + to_second) / 2


def _direction(
    projected: Projection,
    x: NDArray[np.float64],
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
) -> float:
    """Mean fraction for the projected cells `sources`, true matches `targets` (rows of x)."""
    fractions = fraction_closer(projected.profiles[sources], x[targets] - projected.centre)
    # A cell without mass is projected nowhere: no candidate is closer than another.
    return float(np.where(projected.mass[sources] > 0, fractions, 0.5).mean())


def fraction_closer(
    profiles: NDArray[np.float64],
    candidates: NDArray[np.float64],
    *,
    block_bytes: int = BLOCK_BYTES,
) -> NDArray[np.float64]:
    """Fraction of the other candidates closer to profile p than candidate p is; ties count half.

    Two squared distances tie if they differ by at most 1e-12 of the squared lengths of the profile
    and the two candidates. Equal candidates therefore always tie, and so do two candidates both
    nearer to the profile than a millionth of their length.

    Args:
        profiles: projected cells, (n, k).
        candidates: observed cells, (n, k); candidate p is the true match of profile p.
        block_bytes: bound on the memory of one block of distances.

    Returns:
        Fractions in [0, 1], shape (n,); denominators are n - 1.
    """
    n = len(profiles)
    lengths = np.einsum("ij,ij->i", candidates, candidates)
    fractions = np.empty(n)
    step = block_rows(n, block_bytes)
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        fractions[rows] = _closer(profiles[rows], candidates, lengths, rows)
    return fractions / (n - 1)


def _closer(
    profiles: NDArray[np.float64],
    candidates: NDArray[np.float64],
    lengths: NDArray[np.float64],
    own: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Number of candidates closer than `own`, ties counting half, own itself not counted."""
    # |a - b|² without |a|², which is the same for all candidates of a profile.
    excess = profiles @ candidates.T
    excess *= -2
    excess += lengths
    excess -= excess[np.arange(len(own)), own][:, None]
    scale = np.einsum("ij,ij->i", profiles, profiles) + lengths[own]
    slack = TIE * (scale[:, None] + lengths)
    closer = np.count_nonzero(excess < -slack, axis=1)
    not_farther = np.count_nonzero(excess <= slack, axis=1)
    count: NDArray[np.float64] = (closer + not_farther - 1) / 2
    return count

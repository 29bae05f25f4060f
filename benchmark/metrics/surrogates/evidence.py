"""Evidence: what the cells that a plan pairs know of each other, beyond what any matching finds."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import UndefinedScoreError
from benchmark.metrics.surrogates.cases import Side, SurrogateCase
from benchmark.metrics.surrogates.geometry import by_label, reachable

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Floats = NDArray[np.float64]

_MOST, _CELLS_EACH = 10, 5  # directions of a modality, and the cells that each needs at least
_HIGHEST = 0.999  # correlation; pairs that agree without error would know infinitely much
_RANK = 1e-6  # of the largest singular value


def evidence(case: SurrogateCase) -> float:
    """Information that paired cells have of each other, above that on cells without partners.

    I is −½ Σ ln(1 − ρ²), in nats per cell, over the canonical correlations ρ of the plan's pairs
    of residuals inside labels, in the leading principal components of either modality. A matching
    picks cells that agree, so I is above 0 where nothing is shared. The method is therefore fitted
    and aligned again on folds whose cells have no partners, and the largest I of these is
    subtracted.

    It assumes that cells without partners look like the real ones in all but the pairing. It is
    fooled by what these folds do not keep, as clouds of another shape in every label, and by blur:
    plans that spread their mass have little information in either fold.

    Raises:
        UndefinedScoreError: the method was not run on cells without partners, or no label has two
            test cells.
    """
    if not case.unpaired:
        raise UndefinedScoreError("not defined: evidence needs folds without partners")
    null = max(_information(one.plan, one.one, one.two) for one in case.unpaired)
    return _information(case.plan, case.one, case.two) - null


def _information(plan: "Plan", one: Side, two: Side) -> float:
    first, second = _whitened(one), _whitened(two)
    cross = first.T @ np.asarray(plan @ second, dtype=np.float64) / float(plan.row_sums().sum())
    correlations = np.minimum(np.linalg.svd(cross, compute_uv=False), _HIGHEST)
    return float(-0.5 * np.log1p(-np.square(correlations)).sum())


def _whitened(side: Side) -> Floats:
    """Leading principal components of residuals inside labels, of unit variance, (n, K)."""
    x = reachable(side.x)
    groups = by_label(side, least=2)
    if not groups:
        raise UndefinedScoreError("not defined: no label has two test cells")
    residuals = np.zeros_like(x)
    for rows in groups:
        residuals[rows] = x[rows] - x[rows].mean(axis=0)
    left, singular, _ = np.linalg.svd(residuals, full_matrices=False)
    most = min(_MOST, len(x) // _CELLS_EACH, int((singular > _RANK * singular[0]).sum()))
    return np.asarray(left[:, : max(1, most)] * np.sqrt(len(x)))

"""Signs of a fit that is not to be trusted: its learning curve and its latents."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learners.base import FitReport

NOT_FINITE = "a loss is not finite"
ROSE = "loss ended above its start"
STALLED = "loss did not fall beyond its jumps"
COLLAPSED = "latents have collapsed"
WRONG_LATENTS = "latents are not finite"

_OPPONENTS = ("adversar", "discriminator", "critic")
"""Parts of the names of losses that rise when a learner gets better, or may."""
_NO_LOSSES = ("held_out", "accuracy", "score", "auc", "recall", "precision")
_LONG = 5  # epochs, from which on a curve tells more than chance does
_RISE, _SHORT_RISE = 0.01, 0.25  # of its start, that a loss may end above it in long curves, short
_END = 3  # epochs of a long curve that are its end, in the mean
_JUMPS = 2.0  # mean changes from epoch to epoch that a loss must have fallen
_SAME = 1e-5  # of the largest distance to the middle, or of the latents' size, is no distance
_MOST = 0.95  # of the cells


def suspicion(
    report: FitReport,
    latents: Sequence[ArrayLike],
    weights: Mapping[str, float] = MappingProxyType({}),
) -> str:
    """Say why a fit is not to be trusted, or "" where nothing speaks against it.

    It judges by what every learner gives, also one from outside the package: the losses of the
    curve, which are summed, opponents (an adversary's, a discriminator's, a critic's) and what is
    no loss left out; and latents of the training cells, which say nothing where nearly all are one.
    A loss that jumps up and down as far as it falls has learned as little as one that rose.

    Args:
        report: of the fit; with early stopping, `facts["best_epoch"]` is where the curve ends.
        latents: of the training cells, one array (n, d) for each modality.
        weights: of losses that do not count once in what is minimised, `Learner.loss_weights`.

    >>> suspicion(FitReport({"loss": (1.0, 0.4)}), [np.eye(3), np.eye(4)])
    ''
    >>> suspicion(FitReport({"loss": (1.0, 40.0)}), [np.eye(3), np.eye(4)])
    'loss ended above its start'
    >>> suspicion(FitReport(), [np.eye(3), np.ones((4, 2))])
    'latents have collapsed'
    """
    arrays = [np.asarray(z, dtype=np.float64) for z in latents]
    series = _losses(report.curve)
    if not all(np.isfinite(values).all() for values in series.values()):
        return NOT_FINITE
    if not all(np.isfinite(z).all() for z in arrays):
        return WRONG_LATENTS
    course = _course(_total(series, weights, report.facts))
    reasons = (course, COLLAPSED if any(map(collapsed, arrays)) else "")
    return "; ".join(filter(None, reasons))


def _losses(curve: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[np.float64]]:
    """The series of numbers that are losses, whatever else a learner of somebody's reports."""
    found = {}
    for name, values in curve.items():
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            continue
        if array.ndim == 1 and len(array) and not _named(name, _NO_LOSSES):
            found[str(name)] = array
    return found


def _named(name: object, parts: tuple[str, ...]) -> bool:
    return any(part in str(name).lower() for part in parts)


def _total(
    series: Mapping[str, NDArray[np.float64]],
    weights: Mapping[str, float],
    facts: Mapping[str, Any],
) -> NDArray[np.float64]:
    """Sum what is minimised, one number per epoch up to the best one; empty if unknown."""
    counted = [
        weights.get(name, 1.0) * values
        for name, values in series.items()
        if not _named(name, _OPPONENTS)
    ]
    if len({len(values) for values in counted}) != 1:
        return np.empty(0)
    total = np.sum(counted, axis=0)
    best = facts.get("best_epoch")
    end = int(best) if isinstance(best, int | float) and 1 <= best <= len(total) else len(total)
    return np.asarray(total[:end])


def _course(total: NDArray[np.float64]) -> str:
    """Say what is wrong with how a loss went."""
    if len(total) < 2:
        return ""
    long = len(total) >= _LONG
    fall = total[0] - (total[-_END:].mean() if long else total[-1])
    if -fall > (_RISE if long else _SHORT_RISE) * abs(total[0]):
        return ROSE
    jump = np.abs(np.diff(total)).mean()
    return STALLED if long and jump > _RISE * abs(total[0]) and fall < _JUMPS * jump else ""


def collapsed(z: NDArray[np.float64]) -> bool:
    """Tell whether nearly all of the latents (n, d) are one and the same.

    A few cells may lie elsewhere: beside a single one at 1e30 all others are as good as equal.
    """
    if len(z) < 2 or not z.size:
        return False
    size = float(np.abs(z).max())
    if size == 0:
        return True
    unit = z / size
    # The largest coordinate serves as distance: it does not overflow, and any will do.
    away = np.abs(unit - np.median(unit, axis=0)).max(axis=1)
    return bool(np.mean(away <= _SAME) >= _MOST)

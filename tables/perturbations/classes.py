"""Classes of perturbations: solved by a baseline, open, resistant, or not told."""

from enum import StrEnum

import numpy as np

from tables.inference.statistics import holm
from tables.ranked.gaps import LEVEL, Share
from tables.ranked.standings import Standing

ENOUGH = 0.8
"""Share of the gap from which on a perturbation counts as solved by a baseline."""


class Class(StrEnum):
    """Class of a perturbation, by the shares of the gap that are closed on its cells."""

    SATURATED = "saturated"
    OPEN = "open"
    RESISTANT = "resistant"
    UNTOLD = "not told"


MEANING = (
    f"saturated: a baseline closes {ENOUGH:.0%} of the gap; resistant: no method or baseline is "
    f"above the best control beyond chance (one-sided t-tests, Holm, {LEVEL:.0%}); open: the "
    "others; not told: the best oracle cannot be told from the best control there, or there are "
    "fewer than two folds"
)


def classify(standing: Standing) -> Class:
    """The class of the perturbation that a standing is of."""
    closed = {n: standing.closed[n] for n in standing.ranked if n in standing.closed}
    if not closed:
        return Class.UNTOLD
    baselines = (n for n in closed if standing.section.roles[n] == "baseline")
    if any(closed[name].value >= ENOUGH for name in baselines):
        return Class.SATURATED
    adjusted = holm([_chance(share) for share in closed.values()])
    return Class.OPEN if (adjusted < LEVEL).any() else Class.RESISTANT


def _chance(share: Share) -> float:
    """One-sided p-value of a share of zero or less."""
    from scipy.stats import t

    if share.se > 0:
        return float(t.sf(share.value / share.se, share.n - 1))
    return float(np.where(share.value > 0, 0.0, 1.0))

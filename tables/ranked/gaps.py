"""Gaps: how far a score is on the way from knowing nothing to knowing pairs.

The floor is the best control, the ceiling the best oracle whose learner was told pairs or truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.inference.statistics import Unit, by_unit, errors_of_means, one_sided_t_tests
from tables.ranked.sections import Combination, Section, combination

LEVEL = 0.05
"""Error rate of the test that tells a ceiling from its floor."""

BLUNT = "cannot rank here: its ceiling and its floor cannot be told apart"
"""Reason of a metric by which knowing pairs is no better than knowing nothing."""


@dataclass(frozen=True)
class Gap:
    """Floor and ceiling of a metric in a section, unit by unit.

    `reason` says why shares are not defined; empty if they are.
    """

    metric: str
    floor: Combination | None
    ceiling: Combination | None
    low: pd.Series
    high: pd.Series
    reason: str = ""

    def words(self) -> str:
        """Name floor and ceiling with their means, and say why shares are not defined."""
        if self.floor is None or self.ceiling is None:
            return self.reason
        words = (
            f"from {self.low.mean():.3f} ({combination(self.floor)}) to {self.high.mean():.3f} "
            f"({combination(self.ceiling)})"
        )
        return f"{words}, {self.reason}" if self.reason else words

    @property
    def blunt(self) -> bool:
        """Tell whether the metric cannot tell the ceiling from the floor."""
        return self.reason == BLUNT


@dataclass(frozen=True)
class Share:
    """Share of the gap closed by a combination, and its standard error over n units.

    `influence` is what each unit adds to it, as the delta method has it: its mean is zero.
    """

    value: float
    se: float
    influence: pd.Series

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.influence)


def gap_of(
    section: Section, metric: str, unit: Unit, *, higher_is_better: bool, test_to_train: float
) -> Gap:
    """The gap of a metric: the best control and the best oracle by their means.

    Shares are not defined where one of them is missing, or where the ceiling is not above the
    floor beyond chance (one-sided test over the units, Nadeau–Bengio, at 0.05): such a metric
    cannot rank here.

    Args:
        section: the combinations, with their roles.
        metric: its name.
        unit: what varies.
        higher_is_better: direction of the metric.
        test_to_train: test / training rows of the units, 0 for independent ones.
    """
    sign = 1.0 if higher_is_better else -1.0
    scores = by_unit(section.scores[metric], unit)
    complete = scores.dropna()
    rows = dict(zip(complete.index, complete.to_numpy(dtype=float), strict=True))
    controls = [n for n in section.of_roles(["control"]) if n in rows]
    # The oracle among aligners is right by definition, whatever the features hold.
    oracles = [n for n in section.of_roles(["oracle"]) if n in rows and n[0] != "-"]
    if not controls or not oracles:
        lack = "no control" if not controls else "no oracle among learners"
        return Gap(metric, None, None, pd.Series(dtype=float), pd.Series(dtype=float), lack)

    def mean(name: Combination) -> float:
        return sign * float(rows[name].mean())

    floor, ceiling = max(controls, key=mean), max(oracles, key=mean)
    low, high = (complete.loc[[name]].iloc[0] for name in (floor, ceiling))
    difference = sign * (high - low).to_numpy()[None]
    reason = ""
    if difference.shape[1] < 2:
        reason = "one unit"
    elif difference.mean() <= 0 or not one_sided_t_tests(difference, test_to_train)[0] < LEVEL:
        reason = BLUNT
    return Gap(metric, floor, ceiling, low, high, reason)


def share_of(gap: Gap, scores: pd.Series, test_to_train: float) -> Share | None:
    """The share of a gap that scores close; None where it is not defined.

    With a = score − floor and b = ceiling − floor of every unit the share is R = Σa / Σb; its SE
    is by the delta method that of the mean of a − R b, divided by the mean of b, corrected for
    training sets that overlap (variance times 1/n + test/train in place of 1/n).

    Args:
        gap: floor and ceiling.
        scores: of a combination, by unit.
        test_to_train: test / training rows of the units, 0 for independent ones.
    """
    by_gap = scores.reindex(gap.low.index).to_numpy(dtype=float)
    return _shares(gap, by_gap[None], test_to_train)[0]


def _shares(gap: Gap, scores: NDArray[np.float64], test_to_train: float) -> list[Share | None]:
    """Shares of many combinations, one row of scores each; None where a unit has no score."""
    if gap.reason:
        return [None] * len(scores)
    whole = (gap.high - gap.low).to_numpy(dtype=float)
    gained = scores - gap.low.to_numpy(dtype=float)
    values = gained.sum(axis=1) / whole.sum()
    influences = (gained - values[:, None] * whole) / whole.mean()
    errors = _errors(influences, test_to_train)
    index = gap.low.index
    return [
        Share(value, error, pd.Series(influence, index)) if isfinite(value) else None
        for value, error, influence in zip(
            values.tolist(), errors.tolist(), influences, strict=True
        )
    ]


def _errors(influences: NDArray[np.float64], test_to_train: float) -> NDArray[np.float64]:
    """Standard errors of shares, (m, n) to (m,); NaN for a single unit."""
    if influences.shape[1] < 2:
        return np.full(len(influences), np.nan)
    return errors_of_means(influences, test_to_train)


def mean_share(shares: Sequence[Share], test_to_train: float) -> Share:
    """The mean of shares of several metrics, with the SE of what their units have in common.

    Args:
        shares: of one combination, at least one.
        test_to_train: test / training rows of the units, 0 for independent ones.
    """
    value = sum(share.value for share in shares) / len(shares)
    first = shares[0].influence.index
    if all(share.influence.index is first for share in shares):
        influence = pd.Series(np.mean([share.influence for share in shares], axis=0), first)
    else:
        together = pd.concat([share.influence for share in shares], axis=1, join="inner")
        influence = together.mean(axis=1)
    (error,) = _errors(influence.to_numpy(dtype=float)[None], test_to_train)
    return Share(value, float(error), influence)


Shares = Mapping[Combination, Share]


def gaps_of(
    section: Section,
    unit: Unit,
    higher_is_better: Mapping[str, bool],
    test_to_train: float,
) -> dict[str, Gap]:
    """The gaps of all metrics of a section; arguments as for `gap_of`."""
    return {
        metric: gap_of(
            section,
            metric,
            unit,
            higher_is_better=higher_is_better[metric],
            test_to_train=test_to_train,
        )
        for metric in section.scores
    }


def shares_of(section: Section, gap: Gap, unit: Unit, test_to_train: float) -> Shares:
    """The shares of all combinations of a section in one metric, where they are defined."""
    scores = by_unit(section.scores[gap.metric], unit)
    by_gap = scores.loc[section.combinations, gap.low.index]
    found = _shares(gap, by_gap.to_numpy(dtype=float), test_to_train)
    pairs = zip(section.combinations, found, strict=True)
    return {name: share for name, share in pairs if share is not None}


def closed_by(shares: Mapping[str, Shares], test_to_train: float) -> Shares:
    """The mean share over the metrics, of combinations that have one in each."""
    if not shares:
        return {}
    first, *others = shares.values()
    names = [name for name in first if all(name in other for other in others)]
    return {
        name: mean_share([by_name[name] for by_name in shares.values()], test_to_train)
        for name in names
    }

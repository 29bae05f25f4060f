"""Gaps: how far a score is on the way from knowing nothing to knowing pairs.

The floor is the best control, the ceiling the best oracle whose learner was told pairs or truth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

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
    controls = [n for n in section.of_roles(["control"]) if n in complete.index]
    # The oracle among aligners is right by definition, whatever the features hold.
    oracles = [n for n in section.of_roles(["oracle"]) if n in complete.index and n[0] != "-"]
    if not controls or not oracles:
        lack = "no control" if not controls else "no oracle among learners"
        return Gap(metric, None, None, pd.Series(dtype=float), pd.Series(dtype=float), lack)

    def mean(name: Combination) -> float:
        return sign * float(complete.loc[[name]].to_numpy().mean())

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
    if gap.reason or scores.isna().any():
        return None
    gained, whole = scores - gap.low, gap.high - gap.low
    value = float(gained.sum() / whole.sum())
    return _share(value, (gained - value * whole) / whole.mean(), test_to_train)


def mean_share(shares: Sequence[Share], test_to_train: float) -> Share:
    """The mean of shares of several metrics, with the SE of what their units have in common.

    Args:
        shares: of one combination, at least one.
        test_to_train: test / training rows of the units, 0 for independent ones.
    """
    value = sum(share.value for share in shares) / len(shares)
    together = pd.concat([share.influence for share in shares], axis=1, join="inner")
    return _share(value, together.mean(axis=1), test_to_train)


def _share(value: float, influence: pd.Series, test_to_train: float) -> Share:
    if len(influence) < 2:
        return Share(value, float("nan"), influence)
    (error,) = errors_of_means(influence.to_numpy(dtype=float)[None], test_to_train)
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
    found = {
        name: share_of(gap, scores.loc[[name]].iloc[0], test_to_train)
        for name in section.combinations
    }
    return {name: share for name, share in found.items() if share is not None}


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

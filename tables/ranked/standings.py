"""One section ranked: who is first, who is not ranked and why, and every mean behind it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import pandas as pd

from tables.inference.statistics import Estimate, Unit, estimate
from tables.metrics import ranked as ranking_metrics
from tables.ranked.gaps import Gap, Shares, closed_by, gaps_of, shares_of
from tables.ranked.ranking import Missing, mean_ranks, ranked_order
from tables.ranked.sections import Combination, Section, on_common_units
from weakpair.registry import RANKED_ROLES, ROLES

UNRANKED_ROLES = tuple(role for role in ROLES if role not in RANKED_ROLES)


@dataclass(frozen=True)
class Standing:
    """A section's estimates (per metric and combination) and its order.

    `ranked` is best first, `incomplete` could not be ranked, `set_aside` was not meant to be.
    `meant` are the metrics to rank by here, `rankers` those of them in which somebody could be.
    `gaps` are the floors and ceilings of the metrics, `shares` the shares closed in each metric
    where they are defined, `closed` their means over `closing`.
    """

    section: Section
    estimates: Mapping[str, Mapping[Combination, Estimate]]
    mean_rank: Mapping[Combination, float]
    ranked: Sequence[Combination]
    incomplete: Sequence[Combination]
    set_aside: Mapping[str, Sequence[Combination]]
    meant: Sequence[str] = ()
    rankers: Sequence[str] = ()
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    shares: Mapping[str, Shares] = field(default_factory=dict)
    closed: Shares = field(default_factory=dict)

    @property
    def closing(self) -> list[str]:
        """The metrics whose shares `closed` is the mean of."""
        return [metric for metric in ranking_metrics(self.gaps) if metric in self.shares]

    @property
    def blunt(self) -> list[str]:
        """The metrics that would rank, but cannot tell their ceiling from their floor."""
        return _blunt(self.gaps)

    @property
    def any_missing(self) -> bool:
        """Tell whether some combination shows that it lacks a score that was expected."""
        return any(
            self.shows_gaps(name, metric)
            for metric, estimates in self.estimates.items()
            for name in estimates
        )

    @property
    def any_unranked(self) -> bool:
        """Tell whether a combination lacks a score it would be ranked by, and none says why."""
        return any(
            self.lacks(name, metric) for metric in self.meant for name in self.estimates[metric]
        )

    @property
    def undefined(self) -> list[Combination]:
        """Combinations that are not ranked since scores of theirs are not defined, none missing."""
        if not self.meant:
            return []
        return [n for n in self.incomplete if not any(self.lacks(n, m) for m in self.meant)]

    def lacks(self, name: Combination, metric: str) -> bool:
        """Tell whether a score is missing that could have been there."""
        return not self.is_complete(name, metric) and not self.section.excuse(name, metric)

    def shows_gaps(self, name: Combination, metric: str) -> bool:
        """Tell whether a mean lacks some scores, or there are none and no note says why."""
        some = self.estimates[metric][name].done > 0
        return not self.is_complete(name, metric) and (some or self.lacks(name, metric))

    def is_complete(self, name: Combination, metric: str) -> bool:
        """Tell whether every score that was expected is there."""
        return self.estimates[metric][name].done >= self.section.expected[metric]

    def complete_means(self, metric: str) -> dict[Combination, float]:
        """Means of the ranked combinations that are complete in this metric, best rank first."""
        if self.section.expected.get(metric, 0) == 0:
            return {}
        estimates = self.estimates[metric]
        return {n: estimates[n].mean for n in self.ranked if self.is_complete(n, metric)}


def stand(
    section: Section,
    higher_is_better: Mapping[str, bool],
    *,
    unit: Unit,
    missing: Missing,
    include: Collection[str],
    test_to_train: float | None = None,
    all_metrics: bool = False,
) -> Standing:
    """Rank a section's methods and baselines, and the roles in `include` among them.

    Mean ranks leave a metric out that cannot tell the best oracle from the best control, unless
    there is no other one.

    Args:
        section: who is ranked.
        higher_is_better: directions of the metrics.
        unit: what varies.
        missing: what becomes of incomplete combinations.
        include: roles to rank with methods and baselines.
        test_to_train: test / training rows of the units; None where nobody knows it: then floors
            and ceilings are not looked for.
        all_metrics: rank by metrics that cannot tell their ceiling from their floor, too.
    """
    roles = {*RANKED_ROLES, *include}
    entrants = section.of_roles(roles)
    if missing == "drop":
        section = on_common_units(section, entrants)
    estimates = {
        metric: dict(zip(section.combinations, estimate(scores, unit), strict=True))
        for metric, scores in section.scores.items()
    }
    ratio = test_to_train or 0.0
    gaps = {} if test_to_train is None else gaps_of(section, unit, higher_is_better, ratio)
    shares = {
        metric: found
        for metric, gap in gaps.items()
        if (found := shares_of(section, gap, unit, ratio))
    }
    meant = ranking_metrics(estimates)
    sharp = [metric for metric in meant if all_metrics or metric not in _blunt(gaps)]
    means = _complete_means(section, estimates, entrants)[sharp or meant]
    scored = means.columns[means.notna().any()]
    mean = mean_ranks(means, higher_is_better, missing)
    ranked = [entrants[place] for place in ranked_order(mean, means, higher_is_better)]
    return Standing(
        section=section,
        estimates=estimates,
        mean_rank={entrants[i]: rank for i, rank in enumerate(mean.tolist()) if not isnan(rank)},
        ranked=ranked,
        incomplete=[name for name in entrants if name not in set(ranked)],
        set_aside={role: section.of_roles([role]) for role in UNRANKED_ROLES if role not in roles},
        meant=tuple(sharp or meant),
        rankers=tuple(str(metric) for metric in scored),
        gaps=gaps,
        shares=shares,
        closed=closed_by({m: shares[m] for m in ranking_metrics(gaps) if m in shares}, ratio),
    )


def _blunt(gaps: Mapping[str, Gap]) -> list[str]:
    return [metric for metric in ranking_metrics(gaps) if gaps[metric].blunt]


def _complete_means(
    section: Section,
    estimates: Mapping[str, Mapping[Combination, Estimate]],
    entrants: Sequence[Combination],
) -> pd.DataFrame:
    """Means where every expected score is there, NaN elsewhere: nothing is averaged silently."""
    columns = {
        metric: [
            by_name[name].mean if by_name[name].done >= section.expected[metric] else float("nan")
            for name in entrants
        ]
        for metric, by_name in estimates.items()
    }
    return pd.DataFrame(columns, index=range(len(entrants)), dtype=float)

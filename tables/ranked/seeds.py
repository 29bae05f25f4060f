"""Fits of one fold from several seeds: their mean is the score, their spread is told beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import pandas as pd

_COMBINATION = ["learner", "aligner"]
_UNIT = ["replicate", "fold"]


@dataclass(frozen=True)
class Seeds:
    """Seeds that learners were fitted from on each fold, and how far their scores lie apart.

    Attributes:
        count: fits of a learner per fold.
        spread: metric → standard deviation between the scores of one fold's fits (the root of its
            mean square over the folds), by combination; empty where there is one seed.
    """

    count: int
    spread: Mapping[str, Mapping[tuple[str, str], float]]

    def noise(self, metric: str, name: tuple[str, str], units: int) -> float:
        """Standard deviation that seeds alone give the mean of a combination over its units.

        Another run on the same folds from other seeds differs by so much; 0 where nobody knows.
        """
        spread = self.spread.get(metric, {}).get(name, 0.0)
        return spread / sqrt(max(self.count * units, 1))


ONE_SEED = Seeds(1, {})
"""What there is to say where no fold was fitted twice."""


def over_seeds(results: pd.DataFrame) -> tuple[pd.DataFrame, Seeds]:
    """Scores with those of one fold averaged over the seeds, and the spread between them.

    A learner that lacks the fit of a seed has no score on that fold: nothing is averaged silently.

    Args:
        results: checked results of one section.

    Returns:
        One row per combination, unit and metric, and what is known of the seeds.
    """
    place = [*_COMBINATION, *_UNIT, "metric"]
    if not results.duplicated(place).any():
        return results, ONE_SEED
    grouped = results.groupby(place, sort=False)["value"]
    fitted = results["learner"] != "-"
    count = int(grouped.transform("size")[fitted].max())
    whole = ~fitted | (grouped.transform("count") == count)
    means = grouped.transform("mean").where(whole)
    once = results.assign(value=means).drop_duplicates(place)
    variances = results[fitted & whole].groupby(place)["value"].var(ddof=1)
    by_combination = variances.groupby(["metric", *_COMBINATION]).mean() ** 0.5
    spread: dict[str, dict[tuple[str, str], float]] = {}
    places: list[tuple[str, str, str]] = by_combination.index.tolist()
    for (metric, learner, aligner), deviation in zip(places, by_combination.tolist(), strict=True):
        spread.setdefault(metric, {})[learner, aligner] = deviation
    return once, Seeds(count, spread)

"""Mean ranks over metrics, each in its own direction."""

from collections.abc import Mapping
from math import isnan
from typing import Literal

import pandas as pd

Missing = Literal["strict", "worst", "drop"]
MISSING: tuple[Missing, ...] = ("strict", "worst", "drop")

# Sums taken in another order differ in the last bits; they must not decide a rank.
_SAME = 12


def ranks(scores: pd.DataFrame, higher_is_better: Mapping[str, bool]) -> pd.DataFrame:
    """Rank combinations per metric: 1 is best, ties share the average of their ranks.

    Missing scores rank below every score (and tie with each other).

    Args:
        scores: rows = combinations, columns = metrics, NaN where missing.
        higher_is_better: direction of every column.

    >>> table = pd.DataFrame({"mse": [0.1, 0.3, 0.1]}, index=["a", "b", "c"])
    >>> ranks(table, {"mse": False})["mse"].tolist()
    [1.5, 3.0, 1.5]
    """
    columns = {
        metric: scores[metric]
        .round(_SAME)
        .rank(ascending=not higher_is_better[metric], na_option="bottom", method="average")
        for metric in scores.columns
    }
    return pd.DataFrame(columns, index=scores.index)


def mean_ranks(
    scores: pd.DataFrame, higher_is_better: Mapping[str, bool], missing: Missing = "strict"
) -> pd.Series:
    """Mean rank over the metrics; NaN for a combination that is not ranked.

    A metric that no combination has says nothing and is left out. "worst" gives a missing score
    the worst rank of its metric; otherwise a combination with a missing score is not ranked and
    the others are ranked among themselves ("drop" has put the incomplete units aside before).

    Args:
        scores: rows = combinations, columns = metrics, NaN where missing or incomplete.
        higher_is_better: direction of every column.
        missing: what becomes of incomplete combinations.
    """
    scored = scores.dropna(axis="columns", how="all")
    entrants = scored if missing == "worst" else scored.dropna(axis="index", how="any")
    mean = ranks(entrants, higher_is_better).mean(axis=1)
    return mean.reindex(scores.index)


def ranked_order(
    mean: pd.Series, scores: pd.DataFrame, higher_is_better: Mapping[str, bool]
) -> list[int]:
    """Positions of the ranked rows, best first.

    Equal mean ranks are ordered by the first metric that has scores, then as the rows stand.
    """
    scored = scores.dropna(axis="columns", how="all")
    if scored.empty:
        return []
    first = ranks(scored, higher_is_better).iloc[:, 0].tolist()
    means = mean.tolist()
    ranked = [place for place, rank in enumerate(means) if not isnan(rank)]
    return sorted(ranked, key=lambda place: (means[place], first[place], place))

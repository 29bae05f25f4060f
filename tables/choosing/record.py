"""The worth of the surrogate on data with pairs, as `make choosing` measured it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from tables.metrics import in_print

RECORD = Path(__file__).parent / "measured.csv"
"""Surrogates against true pairs, as CSV; see `make choosing`."""

SURROGATE = "hidden-label"
"""The surrogate that choices are made by."""

_NEAREST = 5


@dataclass(frozen=True)
class Measured:
    """The surrogate against the truth on a data set with pairs.

    Attributes:
        place: data set, variant and kind of training cells.
        score: the surrogate's mean of the combination that it put first.
        correlation: Spearman's, with the truth, over the combinations.
        regret: of that choice, in `truth`.
        truth: what the regret is measured in.
        below: whether the choice was not above the best control.
    """

    place: str
    score: float
    correlation: float
    regret: float
    truth: str
    below: bool


@dataclass(frozen=True)
class Reliability:
    """Medians over the data sets with pairs whose score is nearest.

    Attributes:
        near: them, the nearest first.
    """

    near: Sequence[Measured]

    @property
    def sentence(self) -> str:
        """The worth to be expected, in a line."""
        correlation = median(one.correlation for one in self.near)
        shares = [one.regret for one in self.near if one.truth == "share of the gap"]
        regret = f", median regret {median(shares):.2f} of the gap" if shares else ""
        below = sum(one.below for one in self.near)
        scores = [one.score for one in self.near]
        return (
            f"On {len(self.near)} data sets with pairs whose first has a score like this "
            f"({min(scores):.2f} to {max(scores):.2f}): median rank correlation with the truth "
            f"{correlation:.2f}{regret}, no better than the best control in {below} of "
            f"{len(self.near)}."
        )


def reliability(score: float) -> Reliability | None:
    """The worth of choices with such a score; None where nothing was measured."""
    known = sorted(measured(), key=lambda one: abs(one.score - score))[:_NEAREST]
    return Reliability(known) if known else None


@cache
def measured(path: Path = RECORD) -> tuple[Measured, ...]:
    """All data sets of the record; none where there is no record."""
    if not path.exists():
        return ()
    rows: dict[tuple[str, str], dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if line["group"] == in_print(SURROGATE) and not line["row"].startswith("median of"):
                rows.setdefault((line["table"], line["row"]), {})[line["column"]] = line["value"]
    return tuple(
        Measured(
            f"{row}, {table.rpartition(', ')[2]}",
            float(cells["score"]),
            float(cells["correlation"]),
            float(cells["regret"]),
            cells["truth"],
            "not above" in cells["chosen"],
        )
        for (table, row), cells in rows.items()
        if cells["correlation"] and cells["regret"]
    )

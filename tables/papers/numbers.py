"""Pairs of our number and a paper's, with the verdict on each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import hypot, isfinite, isnan, nan

import pandas as pd

from tables.inference.statistics import Estimate, Unit, estimate
from tables.papers.published.ours import as_ours
from tables.results import checked
from weakpair.vocabulary.splits import SAME

WITHIN = 2.0
HALF_DIGIT = 0.0005
"""Papers print three decimals: the true number may be that much off."""

_PLACE = ["dataset", "variant", "split", "task", "metric"]
_KEY = ["dataset", "variant", "split", "task", "learner", "aligner", "metric"]
_UNIT = ["replicate", "fold"]


class Verdict(StrEnum):
    """Verdict on our number beside the paper's."""

    REPRODUCED = "reproduced"
    BETTER = "better"
    WORSE = "worse"
    MISSING = "missing"


@dataclass(frozen=True)
class Control:
    """Number of something that knows nothing, or next to nothing, of single cells.

    Attributes:
        learner: its learner, "-" without one.
        aligner: its aligner, "-" without one.
        reached: mean and standard error.
    """

    learner: str
    aligner: str
    reached: Estimate


@dataclass(frozen=True)
class Comparison:
    """One published number and ours.

    `gap` is the difference in standard errors of it, positive where ours is better; NaN without
    ours or without any standard error. `place` is the published row; `control` is the best of our
    controls in the same data, split, task and metric, if the results hold any.
    """

    place: pd.Series
    ours: Estimate | None
    sources: tuple[str, ...]
    higher_is_better: bool
    control: Control | None = None

    @property
    def spread(self) -> float:
        """Standard error of the difference; a side that states none counts as exact."""
        known = [self.place["se"], self.ours.se if self.ours else nan]
        return hypot(*(se for se in known if isfinite(se)))

    @property
    def advantage(self) -> float:
        """Advantage of our number; NaN without ours."""
        if self.ours is None:
            return nan
        difference = self.ours.mean - float(self.place["value"])
        return difference if self.higher_is_better else -difference

    @property
    def gap(self) -> float:
        """The advantage in standard errors."""
        return self.advantage / self.spread if self.spread > 0 else nan

    @property
    def verdict(self) -> Verdict:
        """Reproduced if within two standard errors of the difference, and half a printed digit."""
        if isnan(self.advantage):
            return Verdict.MISSING
        if abs(self.advantage) <= WITHIN * self.spread + HALF_DIGIT:
            return Verdict.REPRODUCED
        return Verdict.BETTER if self.advantage > 0 else Verdict.WORSE

    @property
    def control_verdict(self) -> Verdict:
        """The verdict that the control's number would get in place of ours."""
        reached = self.control.reached if self.control else None
        return replace(self, ours=reached).verdict

    @property
    def has_power(self) -> bool:
        """Tell whether a control is there and falls behind: then to meet the number tells much."""
        return self.control_verdict is Verdict.WORSE


def compare_numbers(results: pd.DataFrame, published: pd.DataFrame) -> Iterator[Comparison]:
    """Each published number that a run can have, in the paper's order, with ours if it is there."""
    ours, controls = _ours(checked(results))
    for _, place in as_ours(published).iterrows():
        found = ours.get(tuple(place[_KEY]))
        best, higher = controls.get(tuple(place[_PLACE]), (None, True))
        if found:
            yield Comparison(place, *found, best)
        else:
            yield Comparison(place, None, (), higher, best)


_Ours = dict[tuple[str, ...], tuple[Estimate, tuple[str, ...], bool]]
_Controls = dict[tuple[str, ...], tuple[Control, bool]]


def _ours(results: pd.DataFrame) -> tuple[_Ours, _Controls]:
    """Estimate, score artefacts and direction of each of our numbers, and each place's control."""
    # The papers impute modality 1.
    same = results[(results["training_cells"] == SAME) & (results["target"] != 2)]
    found: _Ours = {}
    controls: _Controls = {}
    for key, rows in same.dropna(subset="value").groupby(_KEY, sort=False):
        units = pd.MultiIndex.from_frame(rows[_UNIT])
        scores = pd.DataFrame([rows["value"].to_numpy()], columns=units)
        unit: Unit = "replicate" if rows["replicate"].nunique() > 1 else "fold"
        reached, higher = estimate(scores, unit)[0], bool(rows["higher_is_better"].iloc[0])
        name = tuple(str(part) for part in key)
        found[name] = (reached, tuple(rows["score_key"]), higher)
        if rows["role"].iloc[0] == "control":
            where = tuple(str(rows[column].iloc[0]) for column in _PLACE)
            known, _ = controls.get(where, (None, higher))
            if known is None or (reached.mean > known.reached.mean) == higher:
                row = rows.iloc[0]
                controls[where] = (
                    Control(str(row["learner"]), str(row["aligner"]), reached),
                    higher,
                )
    return found, controls

"""Scores of all combinations by data set and metric, as the claims compare them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.inference.statistics import by_unit
from tables.overlaps import known_overlap
from tables.papers.claims.margins import margin
from weakpair.vocabulary.splits import nadeau_bengio_ratio

Combination = tuple[str, str]

_SECTION = ["dataset", "variant", "split", "training_cells"]
_PLACE = ("dataset", "variant", "split", "training_cells", "metric")
_METHOD = ["learner", "aligner"]
_SAME = 12  # decimals: the last bits of sums taken in another order are no difference


@dataclass(frozen=True, eq=False)
class Field:
    """Scores of all combinations for one metric on one data set.

    Attributes:
        where: data set and variant, for people.
        task: the task.
        metric: the metric.
        scores: rows = (learner, aligner), columns = units, higher is better (errors are negated).
        test_to_train: what the folds' overlap asks of the variance; 0 for replicates.
    """

    where: str
    task: str
    metric: str
    scores: pd.DataFrame
    test_to_train: float

    @cached_property
    def means(self) -> dict[Combination, float]:
        """Mean over the units, by combination."""
        return dict(zip(self.combinations, self.scores.mean(axis=1).tolist(), strict=True))

    @cached_property
    def margin(self) -> float:
        """The largest difference that counts as none (see `tables.papers.claims.margins`)."""
        return margin(self.metric, max(self.means.values()))

    @cached_property
    def combinations(self) -> list[Combination]:
        """All combinations, in the results' order."""
        return [(str(learner), str(aligner)) for learner, aligner in self.scores.index]

    @cached_property
    def _rows(self) -> dict[Combination, NDArray[np.float64]]:
        return dict(zip(self.combinations, self.scores.to_numpy(dtype=float), strict=True))

    def best(self, among: Iterable[Combination]) -> Combination | None:
        """The combination with the best mean of those that are here, None without any."""
        present = [each for each in among if each in self.means]
        return max(present, key=lambda each: self.means[each]) if present else None

    def difference(self, one: Combination, other: Combination) -> NDArray[np.float64]:
        """Advantage of the first over the second, per unit."""
        return np.asarray((self._rows[one] - self._rows[other]).round(_SAME))


def fields(results: pd.DataFrame, task: str, metrics: Iterable[str] | None = None) -> list[Field]:
    """The fields of a task: one per data set, variant and metric with at least two units.

    Replicates are the units where there are several, else folds. A combination without a score in
    every unit is left out: the tests are paired.
    """
    rows = results[results["task"] == task]
    if metrics is not None:
        rows = rows[rows["metric"].isin(list(metrics))]
    return [
        found
        for key, part in rows.groupby([*_SECTION, "metric"], sort=False)
        for found in _field(part, task)
    ]


def _field(rows: pd.DataFrame, task: str) -> Iterator[Field]:
    dataset, variant, split, cells, metric = (str(rows[c].iloc[0]) for c in _PLACE)
    scores = rows.pivot_table(
        index=_METHOD, columns=["replicate", "fold"], values="value", sort=False
    )
    scores = scores.dropna()
    if not bool(rows["higher_is_better"].iloc[0]):
        scores = -scores
    replicates = scores.columns.get_level_values(0).nunique()
    units = by_unit(scores, "replicate" if replicates > 1 else "fold")
    if units.shape[1] < 2 or units.empty:
        return
    known = known_overlap(rows)
    overlap = (
        0.0
        if replicates > 1
        else nadeau_bengio_ratio(split, units.shape[1], {}, known=known, training_cells=cells)
    )
    where = " ".join(part for part in (dataset, variant) if part)
    yield Field(where, task, metric, units, overlap)


def rank_correlation(one: Mapping[Combination, float], other: Mapping[Combination, float]) -> float:
    """Spearman's correlation over the combinations that stand in both."""
    both = [each for each in one if each in other]
    columns = pd.DataFrame({"one": [one[e] for e in both], "other": [other[e] for e in both]})
    return float(columns["one"].corr(columns["other"], method="spearman"))

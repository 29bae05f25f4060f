"""Settings of aligners chosen on data of their own: each learner is then judged at its best one."""

from dataclasses import dataclass

import pandas as pd

from weakpair.errors import DataError, UnknownNameError

_CELLS = ["learner", "aligner", "training_cells"]
_METHOD = ["learner", "name", "training_cells"]


@dataclass(frozen=True, eq=False)
class ChosenSettings:
    """The best setting of every aligner that a grid varied, for each learner and kind of cells.

    Attributes:
        results: the scores of the chosen settings, and of all that was not varied, on the data
            sets that nothing was chosen on.
        kept: learner, aligner (with its setting), training_cells and the aligner's bare name.
        on: the data set that settings were chosen on.
        metric: the metric by whose mean they were chosen.
    """

    results: pd.DataFrame
    kept: pd.DataFrame
    on: str
    metric: str

    def of_kept(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of other data sets whose learner, aligner and training cells were kept."""
        return _elsewhere(rows, self.kept, self.on)

    def bare(self) -> pd.DataFrame:
        """The results with aligners by their bare names: `labeled-eot`, whatever its setting."""
        return self.results.assign(aligner=_bare(self.results["aligner"]))


def choose_settings(results: pd.DataFrame, on: str, metric: str) -> ChosenSettings:
    """Choose, for each learner, the setting of an aligner whose mean on one data set is best.

    What a grid calls `labeled-eot(epsilon=0.01)` and `labeled-eot(epsilon=0.1)` are settings of
    one aligner. Variants, replicates and folds of the data set count alike. No score of another
    data set has a part in the choice; equal means leave the first in the grid's order.

    Args:
        results: tidy results, checked.
        on: the data set to choose on, which is then left out.
        metric: what to choose by.

    Raises:
        UnknownNameError: no such data set or metric.
        DataError: nothing was varied, there is no other data set, or a setting lacks scores on
            the data set that others have.
    """
    sets = list(dict.fromkeys(results["dataset"]))
    if on not in sets:
        raise UnknownNameError("data set to choose on", on, sets)
    if len(sets) == 1:
        raise DataError(f"settings are chosen on {on}, but there is no other data set to show")
    known = list(dict.fromkeys(results["metric"]))
    if metric not in known:
        raise UnknownNameError("metric to choose by", metric, known)
    methods = results[_CELLS].drop_duplicates()
    methods = methods.assign(name=_bare(methods["aligner"]))
    varied = methods.duplicated(_METHOD, keep=False)
    if not varied.any():
        raise DataError(
            "no aligner has several settings to choose from; a grid makes them by `vary`"
        )
    means = _means(results[(results["dataset"] == on) & (results["metric"] == metric)])
    judged = methods[varied].merge(means, how="left", on=_CELLS)
    without = judged[~(judged["scores"] == judged["scores"].max())]
    if not without.empty:
        one = without.iloc[0]
        raise DataError(
            f"{one['learner']} + {one['aligner']} lacks {metric} on some of {on} "
            f"({one['training_cells']} training cells): its settings cannot be compared"
        )
    best = judged.sort_values("mean", ascending=False, kind="stable").drop_duplicates(_METHOD)
    kept = pd.concat([methods[~varied], best[methods.columns]])
    return ChosenSettings(_elsewhere(results, kept, on), kept, on, metric)


def _elsewhere(rows: pd.DataFrame, kept: pd.DataFrame, on: str) -> pd.DataFrame:
    """Rows of the methods that were kept, on other data sets."""
    found = rows[rows["dataset"] != on]
    keys = pd.MultiIndex.from_frame(kept[_CELLS])
    return found[pd.MultiIndex.from_frame(found[_CELLS]).isin(keys)]


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean by method, larger is better, and how many scores it has."""
    sign = rows["higher_is_better"].map({True: 1.0, False: -1.0}).astype(float)
    signed = rows.assign(mean=rows["value"] * sign)
    by_method = signed.groupby(_CELLS, as_index=False)
    return by_method.agg(mean=("mean", "mean"), scores=("mean", "count"))


def _bare(aligners: pd.Series) -> pd.Series:
    """Names without settings: "labeled-eot(epsilon=0.01)" → "labeled-eot"."""
    return aligners.str.partition("(")[0]

"""One number for how well a setting does: what a sweep minimises."""

from math import log

import pandas as pd

from benchmark.sweep.record import Score

RESOLUTION = 0.01
DESCRIPTION = (
    "mean over variants and aligners of the mean over replicates of "
    f"(ln(FOSCTTM + {RESOLUTION}) - ln(Trace)) / 2, to be minimised"
)


def scores_of(results: pd.DataFrame) -> tuple[Score, ...]:
    """Mean Trace and FOSCTTM over replicates, by variant and aligner, in the order of the run."""
    means = _wide(results).groupby(level=["variant", "aligner"], sort=False).mean().reset_index()
    columns = means[["variant", "aligner", "trace", "foscttm"]]
    return tuple(Score.model_validate(row) for row in columns.to_dict("records"))


def loss(results: pd.DataFrame) -> float:
    """Mean log-ratio of errors to hits; two settings differ by their mean log-ratio.

    Logarithms let a halved error count the same where matching is easy (100 % shared) as where it
    is hard, so that one setting is chosen for all. FOSCTTM is raised by one per cent of the cells:
    what is below that hardly counts.

    Args:
        results: tidy results of one learner, with metrics `trace` and `foscttm` of every cell.
    """
    wide = _wide(results)
    cells = (
        (log(foscttm + RESOLUTION) - log(max(trace, 1e-6))) / 2
        for trace, foscttm in zip(wide["trace"], wide["foscttm"], strict=True)
    )
    by_cell = pd.Series(list(cells), index=wide.index)
    return float(by_cell.groupby(level=["variant", "aligner"], sort=False).mean().mean())


def _wide(results: pd.DataFrame) -> pd.DataFrame:
    """One row per variant, aligner, replicate and fold; columns trace and foscttm."""
    keys = ["variant", "aligner", "replicate", "fold"]
    return results.pivot_table(
        index=keys, columns="metric", values="value", sort=False, dropna=False
    ).dropna()

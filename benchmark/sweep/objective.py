"""Objective of a sweep: one number for how well a setting does, to be minimised."""

from math import log

import pandas as pd

from benchmark.sweep.record import Score

RESOLUTION = 0.01
METRICS = {
    "matching": ("trace", "foscttm"),
    "probe": ("treatment-accuracy", "task-accuracy"),
}
DESCRIPTION = {
    "matching": (
        "mean over variants and aligners of the mean over replicates of "
        f"(ln(FOSCTTM + {RESOLUTION}) - ln(Trace)) / 2, to be minimised"
    ),
    "probe": (
        "mean over variants of the mean over replicates of 1 - (treatment accuracy + task "
        "accuracy) / 2, to be minimised"
    ),
}


def scores_of(results: pd.DataFrame) -> tuple[Score, ...]:
    """Means of the metrics over replicates, by variant and aligner, in the order of the run."""
    means = _wide(results).groupby(level=["variant", "aligner"], sort=False).mean()
    return tuple(
        Score(variant=variant, aligner=aligner, means=dict(zip(means.columns, row, strict=True)))
        for (variant, aligner), row in zip(means.index, means.to_numpy().tolist(), strict=True)
    )


def loss(results: pd.DataFrame) -> float:
    """Number that is minimised; `DESCRIPTION` says it in words.

    In matching, two settings differ by their mean log-ratio of errors to hits. Logarithms let a
    halved error count the same where matching is easy (100 % shared) as where it is hard, so that
    one setting is chosen for all. FOSCTTM is raised by one per cent of the cells: what is below
    that hardly counts. The probe's is the mean that Ji et al. (2026) choose their settings by.

    Args:
        results: tidy results of one learner and one task, with all `METRICS` of every cell.
    """
    wide = _wide(results)
    by_cell = wide.apply(_ratio if "trace" in wide else _errors, axis=1)
    return float(by_cell.groupby(level=["variant", "aligner"], sort=False).mean().mean())


def _ratio(scores: pd.Series) -> float:
    return (log(scores["foscttm"] + RESOLUTION) - log(max(scores["trace"], 1e-6))) / 2


def _errors(scores: pd.Series) -> float:
    return 1.0 - float(scores.mean())


def _wide(results: pd.DataFrame) -> pd.DataFrame:
    """Rows of scores, one per variant, aligner, replicate and fold; a column per metric."""
    known = METRICS["matching" if "trace" in set(results["metric"]) else "probe"]
    keys = ["variant", "aligner", "replicate", "fold"]
    return (
        results[results["metric"].isin(known)]
        .pivot_table(index=keys, columns="metric", values="value", sort=False, dropna=False)
        .dropna()
    )

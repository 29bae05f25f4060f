"""A paper's numbers under the names and in the units of our results."""

from math import sqrt

import pandas as pd

SEEDS = 8
"""IPIC's Table 7: standard deviations over 8 random seeds."""

_PERCENT = 100.0


def as_ours(published: pd.DataFrame) -> pd.DataFrame:
    """Published numbers that a run can have, keyed as its results are.

    Mean ranks are left out, since they depend on all combinations of a table, and so are IPIC's
    means over its two single-modality columns, which add nothing to them. IPIC's accuracies become
    shares, its SD over 8 seeds standard errors, its columns of one modality metrics of their own,
    and its numbers of clusters labels of the learner, as in "ipic-2T".

    Args:
        published: as `tables.papers.published.load` returns it.

    Returns:
        The rows that are left, in their order, with `task` in place of `protocol` and with `se`.
    """
    comparable = (published["metric"] != "mean-rank") & (published["variant"] != "modality=mean")
    rows = published[comparable].rename(columns={"protocol": "task"})
    if "se" not in rows:
        rows["se"] = rows["sd"] / sqrt(SEEDS) if "sd" in rows else float("nan")
    probe = rows["task"] == "probe"
    if not probe.any():
        return rows
    clusters = rows["variant"].str.extract(r"^clusters=(.+)$")[0]
    modality = rows["variant"].str.extract(r"^modality=([12])$")[0]
    percent = probe & rows["metric"].str.endswith("accuracy")
    rows.loc[percent, ["value", "se"]] /= _PERCENT
    rows.loc[clusters.notna(), "learner"] += "-" + clusters
    rows.loc[modality.notna(), "metric"] += "-" + modality
    rows.loc[probe, "variant"] = ""
    rows.loc[probe, "aligner"] = "-"
    return rows

"""Overlap of folds as results tell it."""

import pandas as pd

from weakpair.vocabulary.columns import RATIO


def known_overlap(results: pd.DataFrame) -> float:
    """Mean of test / training rows over the folds of results that know it, else NaN.

    Args:
        results: rows of one section; a column `test_to_train` may be absent or have gaps.
    """
    if RATIO not in results:
        return float("nan")
    known = results[["replicate", "fold", RATIO]].dropna()
    return float(known.drop_duplicates(["replicate", "fold"])[RATIO].mean())

"""The kinds of splits: what they are called, and how large their test sets are."""

from collections.abc import Mapping
from math import isnan, isqrt, nan

import pandas as pd

from weakpair.errors import DataError

SPLITS = {
    "kfold": "k-fold",
    "lopo": "leave one perturbation out",
    "holdout": "holdout",
}
"""Kind of split → its name in print."""

RATIO = "test_to_train"
"""The column of results that holds test / training rows of modality 1 of the fold."""


def known_overlap(results: pd.DataFrame) -> float:
    """Mean of test / training rows over the folds of results that know it, else NaN.

    Args:
        results: rows of one section; a column `test_to_train` may be absent or have gaps.
    """
    if RATIO not in results:
        return nan
    told = results[["replicate", "fold", RATIO]].dropna()
    return float(told.drop_duplicates(["replicate", "fold"])[RATIO].mean())


def test_to_train(
    split: str, folds: int, ratios: Mapping[str, float], *, known: float, cells: str
) -> float:
    """Test to training rows of folds that share training rows.

    Results say it themselves since they have a column for it. For older ones it follows from
    their grid, or from the number of folds where it can be no other: a prime number of them was
    not repeated, nor are held-out perturbations. A holdout does not say how much it sets aside.
    Training cells that are divided or halved leave fewer training rows to the same test rows.

    Args:
        split: kind of split.
        folds: how many of them have scores, at least two.
        ratios: what is known from grids, by kind of split, for `same` training cells.
        known: what results say, NaN where they do not.
        cells: kind of training cells.

    Raises:
        DataError: a kind of split or of training cells that nobody knows, or an unknown ratio.

    >>> old = {"known": nan, "cells": "same"}
    >>> test_to_train("kfold", 5, {}, **old), test_to_train("kfold", 10, {"kfold": 0.25}, **old)
    (0.25, 0.25)
    >>> test_to_train("holdout", 8, {"holdout": 0.25}, known=nan, cells="disjoint")
    0.5
    """
    if not isnan(known):
        return known
    if split in ratios:
        return ratios[split] / training_share(cells)
    if split == "lopo" or (split == "kfold" and _prime(folds)):
        return 1 / (folds - 1) / training_share(cells)
    if split in SPLITS:
        raise DataError(
            f"split {split!r}: how large its test sets are does not follow from {folds} folds, and "
            "tests across folds need it; name the run's folder, whose grid.yaml says it, or add a "
            f"column {RATIO!r}"
        )
    raise DataError(
        f"unknown kind of split {split!r}: how far its folds overlap is not known; "
        f"known: {', '.join(SPLITS)}"
    )


def _prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, isqrt(number) + 1))


def training_share(cells: str) -> float:
    """The share of a fold's paired training cells that modality 1 keeps.

    Raises:
        DataError: a kind of training cells that nobody knows.

    >>> [training_share(cells) for cells in ("same", "same=0.5", "disjoint", "overlap=0.5")]
    [1.0, 0.5, 0.5, 0.75]
    """
    kind, _, value = cells.partition("=")
    try:
        share = float(value) if value else 1.0
    except ValueError:
        share = nan
    if kind == "same" and 0 < share <= 1:
        return share
    if cells == "disjoint":
        return 0.5
    if kind == "overlap" and value and 0 <= share <= 1:
        return (1 + share) / 2
    raise DataError(
        f"training cells {cells!r}: how many they leave to train on is not known; known: same, "
        "same=f, disjoint, overlap=f"
    )


# Not one of pytest's.
test_to_train.__test__ = False  # type: ignore[attr-defined]

"""Overlap of the folds of a section."""

from collections.abc import Mapping

from tables.inference.statistics import Unit
from tables.ranked.sections import Section
from weakpair.vocabulary.splits import nadeau_bengio_ratio


def overlap(
    section: Section, split: str, unit: Unit, ratios: Mapping[str, float], cells: str = "same"
) -> float:
    """Test to training rows of the units of a section, as `corrected_t_tests` wants it.

    Replicates are data sets of their own and share nothing: 0. Folds of one data set share
    training rows: see `weakpair.vocabulary.splits`. Folds of R replicates overlap within a
    replicate only, which leaves an R-th of the excess variance of their mean.

    Args:
        section: who is compared; what its results say of their folds comes first.
        split: kind of split.
        unit: what varies.
        ratios: for results that do not say it, kind of split → test / training rows of folds of
            `same` training cells.
        cells: kind of training cells.

    Raises:
        DataError: nobody knows how far the folds of such a split overlap.

    >>> from tables.ranked.sections import Section
    >>> import pandas as pd
    >>> folds = pd.MultiIndex.from_product([[0], list("abcde")])
    >>> scores = {"trace": pd.DataFrame([[0.0] * 5], columns=folds)}
    >>> some = Section("", {}, scores, 5, {}, {}, frozenset())
    >>> overlap(some, "kfold", "fold", {}), overlap(some, "kfold", "replicate", {})
    (0.25, 0.0)
    """
    replicates = {replicate for replicate, _ in section.units}
    folds = len({fold for _, fold in section.units})
    if unit == "replicate" or folds < 2:
        return 0.0
    return nadeau_bengio_ratio(
        split,
        folds,
        ratios,
        known=section.test_to_train,
        training_cells=cells,
        replicates=len(replicates),
    )

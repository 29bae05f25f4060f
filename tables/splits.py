"""The kinds of splits: what they are called, and how large their test sets are."""

from collections.abc import Mapping

from weakpair.errors import DataError

SPLITS = {
    "kfold": "k-fold",
    "lopo": "leave one perturbation out",
    "holdout": "holdout",
}
"""Kind of split → its name in print."""


def test_to_train(split: str, folds: int, ratios: Mapping[str, float]) -> float:
    """Test to training rows of folds that share training rows.

    Folds and held-out perturbations test every cell once: k of them have a k-th of the cells each.
    How much a holdout sets aside stands in its grid only, as does how often k folds were repeated.

    Args:
        split: kind of split.
        folds: how many of them have scores, at least two.
        ratios: what is known from grids, by kind of split.

    Raises:
        DataError: a kind of split that nobody knows, or a holdout of unknown size.

    >>> test_to_train("kfold", 5, {}), test_to_train("holdout", 8, {"holdout": 0.25})
    (0.25, 0.25)
    """
    if split in ratios:
        return ratios[split]
    if split in ("kfold", "lopo"):
        return 1 / (folds - 1)
    if split in SPLITS:
        raise DataError(
            f"split {split!r}: how large its test sets are is not known, which tests across folds "
            "need; name the run's folder, whose grid.yaml says it"
        )
    raise DataError(
        f"unknown kind of split {split!r}: how far its folds overlap is not known; "
        f"known: {', '.join(SPLITS)}"
    )


# Not one of pytest's.
test_to_train.__test__ = False  # type: ignore[attr-defined]

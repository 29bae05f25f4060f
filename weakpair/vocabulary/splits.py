"""Splits: their kinds, their training cells, and how far their folds overlap."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, isqrt
from typing import Literal, Self, get_args

from weakpair.errors import DataError

SplitKind = Literal["holdout", "kfold", "lopo", "column"]
SPLIT_KINDS: tuple[SplitKind, ...] = get_args(SplitKind)
IN_PRINT: Mapping[str, str] = {
    "holdout": "holdout",
    "kfold": "k-fold",
    "lopo": "leave one perturbation out",
    "column": "a split that the data name",
}
"""Kind of split → its name in print."""

MOST_DECOYS = 10
"""Decoys for each paired test cell, at most."""

PAIRED, DECOYS = "paired", "decoys"
TEST_WORDS = "'paired' or 'decoys=f' with 0 < f ≤ 10"

SAME, DISJOINT, OVERLAP = "same", "disjoint", "overlap"
CELL_WORDS = "'same', 'disjoint', 'overlap=f' with 0 ≤ f ≤ 1 or 'same=f' with 0 < f ≤ 1"


def decoys_of(words: str) -> float:
    """Decoys for each paired test cell: 0 for `paired`, f for `decoys=f`.

    Raises:
        DataError: anything else.

    >>> decoys_of("paired"), decoys_of("decoys=0.5")
    (0.0, 0.5)
    """
    kind, equals, value = words.partition("=")
    if words == PAIRED:
        return 0.0
    digits = value.replace(".", "", 1)
    number = float(value) if equals and digits.isdecimal() and digits.isascii() else 0.0
    if kind == DECOYS and 0 < number <= MOST_DECOYS:
        return number
    raise DataError(f"unknown test cells {words!r}; known: {TEST_WORDS}")


def split_words(kind: str, test_cells: str, sample: int | None = None) -> str:
    """A split as results name it: its kind, its sample and its decoys where it has some.

    >>> split_words("kfold", "paired"), split_words("lopo", "decoys=0.5", 20)
    ('kfold', 'lopo:20+decoys=0.5')
    """
    named = kind if sample is None else f"{kind}:{sample}"
    return named if test_cells == PAIRED else f"{named}+{test_cells}"


def kind_of(split: str) -> str:
    """The kind of a split as results name it.

    >>> kind_of("kfold+decoys=0.5"), kind_of("by-donor"), kind_of("lopo:20")
    ('kfold', 'by-donor', 'lopo')
    """
    named = split.partition("+")[0]
    kind, _, sample = named.partition(":")
    return kind if kind in SPLIT_KINDS and sample.isdecimal() else named


def split_in_print(split: str) -> str:
    """The name of a split in titles and captions; its own for a kind of somebody else's.

    >>> split_in_print("kfold"), split_in_print("by-donor"), split_in_print("lopo+decoys=1")
    ('k-fold', 'by-donor', 'leave one perturbation out, 1 decoy per paired test cell')
    >>> split_in_print("lopo:20")
    'leave one perturbation out, a sample of 20'
    """
    named, plus, test_cells = split.partition("+")
    kind = kind_of(split)
    shown = IN_PRINT.get(kind, kind)
    if kind != named:
        shown = f"{shown}, a sample of {named.removeprefix(f'{kind}:')}"
    if not plus:
        return shown
    number = decoys_of(test_cells)
    noun = "decoy" if number == 1 else "decoys"
    return f"{shown}, {number:g} {noun} per paired test cell"


@dataclass(frozen=True)
class TrainingCells:
    """Training cells of a fold, as shares of the true pairs that are not test cells.

    Attributes:
        overlap: of the cells that are used, the share that both modalities are taken from.
        used: the share of the cells that is used at all.
    """

    overlap: float = 1.0
    used: float = 1.0

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read `same`, `same=f`, `disjoint` or `overlap=f`.

        Raises:
            DataError: anything else.

        >>> TrainingCells.parse("same=0.5"), TrainingCells.parse("disjoint").overlap
        (TrainingCells(overlap=1.0, used=0.5), 0.0)
        """
        kind, equals, value = words.partition("=")
        share = _share(value) if equals else None
        if words == SAME or (kind == SAME and share):
            return cls(used=1.0 if share is None else share)
        if words == DISJOINT:
            return cls(overlap=0.0)
        if kind == OVERLAP and share is not None:
            return cls(overlap=share)
        raise DataError(f"unknown training cells {words!r}; known: {CELL_WORDS}")

    @property
    def share(self) -> float:
        """The share of the cells that one modality trains on.

        >>> cells = ("same", "same=0.5", "disjoint", "overlap=0.5")
        >>> [TrainingCells.parse(words).share for words in cells]
        [1.0, 0.5, 0.5, 0.75]
        """
        return self.used * (1 + self.overlap) / 2


def nadeau_bengio_ratio(
    kind: str,
    folds: int,
    ratios: Mapping[str, float],
    *,
    known: float,
    training_cells: str = SAME,
    replicates: int = 1,
) -> float:
    """Test to training rows of folds, by which the Nadeau–Bengio correction widens variances.

    The variance of a mean over n folds that share training rows is 1/n + test/train times theirs
    (Nadeau & Bengio, Machine Learning 52, 2003, Eq. 12). Folds of R replicates overlap within a
    replicate only, which leaves an R-th of the excess.

    Results say the ratio since they have a column for it. For older ones it follows from their
    grid, or from the number of folds where it can be no other: a prime number of them was not
    repeated, nor are held-out perturbations. A holdout does not say how much it sets aside.
    Training cells that are divided or halved leave fewer training rows to the same test rows.

    Args:
        kind: the split, as results name it.
        folds: how many of them have scores, at least two.
        ratios: kind of split → ratio for `same` training cells, as grids tell it.
        known: the ratio that results tell, NaN where they do not.
        training_cells: the words for training cells.
        replicates: how many data sets the folds are of.

    Raises:
        DataError: unknown training cells or kind of split, or a ratio that does not follow.

    >>> from math import nan
    >>> [nadeau_bengio_ratio(kind, 5, {}, known=nan) for kind in ("kfold", "lopo")]
    [0.25, 0.25]
    >>> by_grid = {"holdout": 0.25}
    >>> nadeau_bengio_ratio("holdout", 8, by_grid, known=nan, training_cells="disjoint")
    0.5
    """
    if not isnan(known):
        return known / replicates
    ratio = ratios[kind_of(kind)] if kind_of(kind) in ratios else _follows(kind, folds)
    return ratio / TrainingCells.parse(training_cells).share / replicates


def ratio_of(kind: str, folds: int, test_size: float) -> float | None:
    """Test to training rows that the settings of a split tell, for `same` training cells.

    Args:
        kind: kind of split.
        folds: number of folds of `kfold`.
        test_size: share of `holdout`.

    Returns:
        The ratio; None for `lopo`, whose folds are as many as there are perturbations, and for
        `column`, whose sizes the data tell.

    Raises:
        DataError: a kind that nobody knows.

    >>> ratio_of("kfold", 5, 0.2), ratio_of("holdout", 5, 0.5), ratio_of("lopo", 5, 0.2)
    (0.25, 1.0, None)
    """
    _check_kind(kind)
    share = {"kfold": 1 / folds, "holdout": test_size}.get(kind)
    return None if share is None else round(share / (1 - share), 12)


def _follows(kind: str, folds: int) -> float:
    """The ratio where the number of folds tells it, which that of a sample of folds does not."""
    _check_kind(kind_of(kind))
    if kind == "lopo" or (kind == "kfold" and _prime(folds)):
        return 1 / (folds - 1)
    raise DataError(
        f"split {kind!r}: how large its test sets are does not follow from {folds} folds, and "
        "tests across folds need it; name the run's folder, whose grid.yaml says it, or add a "
        "column 'test_to_train'"
    )


def _check_kind(kind: str) -> None:
    if kind not in SPLIT_KINDS:
        raise DataError(
            f"unknown kind of split {kind!r}: how far its folds overlap is not known; "
            f"known: {', '.join(SPLIT_KINDS)}"
        )


def _share(value: str) -> float | None:
    """The share that is written, None unless it is one."""
    digits = value.replace(".", "", 1)
    share = float(value) if digits.isdecimal() and digits.isascii() else -1.0
    return share if 0 <= share <= 1 else None


def _prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, isqrt(number) + 1))

"""Facts on the data behind a table: names of the modalities, pairs, preprocessing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

MODALITIES = ("modality 1", "modality 2")
"""Names of modalities that nobody named."""

_BY = {
    "ids": "by their ids",
    "rows": "by the order of their rows",
    "simulated": "as simulated",
}
_NO_PAIRS = "no true pairs"


@dataclass(frozen=True)
class About:
    """The data of a table; empty where its results do not say.

    Attributes:
        names: of the modalities.
        counts: (pairs, cells of modality 1, cells of modality 2), once for each that there is.
        pairing: by what pairs are known: "ids", "rows", "simulated" or "none".
        unpaired: there is no true pair.
        preprocess: what was done to the features, in words.
    """

    names: tuple[str, str] = MODALITIES
    counts: tuple[tuple[int, int, int], ...] = ()
    pairing: tuple[str, ...] = ()
    unpaired: bool = False
    preprocess: tuple[str, ...] = ()

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Self:
        """Read what checked results say of their data."""
        known = rows[rows["pairs"] >= 0]
        columns = known[["pairs", "cells1", "cells2"]].drop_duplicates()
        counts = tuple((int(a), int(b), int(c)) for a, b, c in columns.itertuples(index=False))
        names = [_first(rows["modality1"]), _first(rows["modality2"])]
        return cls(
            (names[0] or MODALITIES[0], names[1] or MODALITIES[1]),
            counts,
            tuple(_distinct(rows["pairing"])),
            _unpaired(rows, counts),
            tuple(_distinct(rows["preprocess"])),
        )

    @property
    def partly(self) -> bool:
        """Tell whether some cells have a partner and others none."""
        return any(0 < pairs < max(one, two) for pairs, one, two in self.counts)

    def direction(self, target: int) -> str:
        """Say what is imputed from what; "" where `target` is 0.

        >>> About(("RNA", "ATAC")).direction(1), About().direction(2)
        ('RNA from ATAC', 'modality 2 from modality 1')
        """
        if target not in (1, 2):
            return ""
        return f"{self.names[target - 1]} from {self.names[2 - target]}"

    def paired(self) -> str:
        """Say how many cells are paired and by what; "" where it is not known.

        >>> About(counts=((20, 20, 20),), pairing=("ids",)).paired()
        'all 20 cells are true pairs, by their ids'
        >>> About(("RNA", "ATAC"), ((5, 20, 30),), ("rows",)).paired()
        '5 true pairs among 20 cells of RNA and 30 of ATAC, by the order of their rows'
        """
        if not self.counts:
            return "no true pairs" if self.unpaired else ""
        pairs, one, two = (span([count[i] for count in self.counts]) for i in range(3))
        by = " and ".join(_BY[way] for way in self.pairing if way in _BY)
        by = f", {by}" if by and not self.unpaired else ""
        if all(count[0] == count[1] == count[2] for count in self.counts):
            return f"all {pairs} cells are true pairs{by}"
        number = "no" if self.unpaired else pairs
        among = f"{one} cells of {self.names[0]} and {two} of {self.names[1]}"
        return f"{number} true pairs among {among}{by}"


UNKNOWN = About()


def span(numbers: Sequence[int]) -> str:
    """A number, or the range of several.

    >>> span([1000, 1000]), span([20, 5])
    ('1,000', '5–20')
    """
    low, high = min(numbers), max(numbers)
    return f"{high:,}" if low == high else f"{low:,}–{high:,}"


def _unpaired(rows: pd.DataFrame, counts: Sequence[tuple[int, int, int]]) -> bool:
    """Tell whether no cells are paired: by counts, else by the notes of undefined scores."""
    if counts:
        return all(pairs == 0 for pairs, _, _ in counts)
    if (rows["pairing"] != "").any():
        return set(rows["pairing"]) <= {"none", ""}
    unpaired = rows["note"].str.contains(_NO_PAIRS, regex=False)
    sets = unpaired.groupby([rows["variant"], rows["replicate"]]).any()
    return bool(len(sets)) and bool(sets.all())


def _distinct(column: pd.Series) -> list[str]:
    return [str(entry) for entry in column.unique() if entry]


def _first(column: pd.Series) -> str:
    return next(iter(_distinct(column)), "")

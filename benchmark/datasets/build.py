"""From what a file holds to a checked `Dataset`; every complaint names file, column or id."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from benchmark.datasets.base import Dataset, Features, Samples, Strings
from weakpair.errors import DataError

Pairing = Literal["ids", "none"]


def make_samples(
    x: ArrayLike,
    labels: ArrayLike,
    ids: ArrayLike,
    features: Sequence[str],
    obs: pd.DataFrame | None = None,
    *,
    where: str,
    group: str = "group",
) -> Samples:
    """Check one modality.

    Args:
        x: features, shape (n, k), numeric and finite.
        labels: shape (n,), no value missing.
        ids: shape (n,), no value missing or repeated.
        features: the k names.
        obs: other metadata with n rows.
        where: the file, for messages.
        group: the column that the labels came from, for messages.

    Raises:
        DataError: the first thing that is wrong, with what would be right.
    """
    names = strings(ids, f"{where}: ids", "give every cell an id")
    matrix = _matrix(x, names, features, where)
    rows = len(matrix)
    _unique(names, f"{where}: id", "ids must be unique")
    _unique(np.array(features, dtype=str), f"{where}: column", "feature names must be unique")
    words = strings(labels, f"{where}: column {group!r}", "give every cell a label", names)
    table = pd.DataFrame(index=range(rows)) if obs is None else obs.reset_index(drop=True)
    for what, count in ((f"labels ({group!r})", len(words)), ("rows of metadata", len(table))):
        if count != rows:
            raise DataError(f"{where}: {rows} cells but {count} {what}; the counts must agree")
    matrix.flags.writeable = False
    return Samples(matrix, words, names, tuple(features), table)


def make_dataset(name: str, first: Samples, second: Samples, pairing: Pairing = "ids") -> Dataset:
    """Join two modalities.

    With `pairing="ids"` an id that stands in both denotes one cell, whose labels must agree; data
    without a common id are unpaired. With `pairing="none"` ids mean nothing across modalities.

    Raises:
        DataError: a label in one modality only, or two labels for one cell.
    """
    _labels_on_both_sides(name, first, second)
    common = np.intersect1d(first.ids, second.ids)
    paired = pairing == "ids" and common.size > 0
    dataset = Dataset(name, first, second, paired, "ids" if paired else "none")
    i, j = dataset.pairs()
    differ = np.flatnonzero(first.labels[i] != second.labels[j])
    if differ.size:
        cell = i[differ[0]], j[differ[0]]
        raise DataError(
            f"{name}: cell {str(first.ids[cell[0]])!r} has label {str(first.labels[cell[0]])!r} in "
            f"modality 1 and {str(second.labels[cell[1]])!r} in modality 2; "
            "give it one label, or set pairing: none"
        )
    return dataset


def strings(
    values: ArrayLike, what: str, remedy: str, ids: Strings | None = None
) -> NDArray[np.str_]:
    """Values as text, shape (n,).

    Raises:
        DataError: a value is missing or empty; `what` and `remedy` go into the line.
    """
    series = pd.Series(np.asarray(values).ravel())
    text = series.astype(str).to_numpy(dtype=str)
    missing = np.flatnonzero(series.isna().to_numpy() | (text == ""))
    if missing.size:
        row = int(missing[0])
        at = f"row {row + 1}" if ids is None else f"id {str(ids[row])!r}"
        raise DataError(f"{what}: {missing.size} missing, first at {at}; {remedy}")
    return text


def numeric(table: pd.DataFrame, where: str) -> Features:
    """The columns of a table as float32, shape (n, k).

    Raises:
        DataError: a column holds something else than numbers.
    """
    if not table.size:
        raise DataError(f"{where}: {len(table)} cells and {table.shape[1]} features; it is empty")
    for column in table.columns[[not pd.api.types.is_numeric_dtype(t) for t in table.dtypes]]:
        bad = pd.to_numeric(table[column], errors="coerce").isna() & table[column].notna()
        example = f" ({table[column][bad].iloc[0]!r})" if bad.any() else ""
        raise DataError(
            f"{where}: column {str(column)!r} is not numeric{example}; "
            "features must be numbers, labels and other metadata belong into obs"
        )
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(table.to_numpy(dtype=np.float32, na_value=np.nan))


def _matrix(x: ArrayLike, ids: Strings, features: Sequence[str], where: str) -> Features:
    source = np.asarray(x)
    if source.ndim != 2 or not np.issubdtype(source.dtype, np.number) | (source.dtype == bool):
        raise DataError(
            f"{where}: features have shape {source.shape} and type {source.dtype}; "
            "a numeric array of shape (cells, features) is needed"
        )
    if 0 in source.shape:
        raise DataError(
            f"{where}: {source.shape[0]} cells and {source.shape[1]} features; it is empty"
        )
    if source.shape != (len(ids), len(features)):
        raise DataError(
            f"{where}: features have shape {source.shape} for {len(ids)} ids and "
            f"{len(features)} feature names; the counts must agree"
        )
    with np.errstate(over="ignore"):
        matrix = np.array(source, dtype=np.float32, order="C")
    _finite(matrix, ids, features, where)
    return matrix


def _finite(x: Features, ids: Strings, features: Sequence[str], where: str) -> None:
    bad = ~np.isfinite(x)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{where}: {int(bad.sum())} NaN or infinite values, first in column "
            f"{str(features[column])!r} at id {str(ids[row])!r}; fill them in or drop the column"
        )


def _unique(names: NDArray[Any], what: str, remedy: str) -> None:
    values, counts = np.unique(names, return_counts=True)
    if (counts > 1).any():
        first = int(np.argmax(counts > 1))
        raise DataError(f"{what} {str(values[first])!r} stands {counts[first]} times; {remedy}")


def _labels_on_both_sides(name: str, first: Samples, second: Samples) -> None:
    only = np.setxor1d(first.labels, second.labels)
    if only.size:
        where = 1 if np.isin(only[0], first.labels) else 2
        raise DataError(
            f"{name}: group {str(only[0])!r} stands in modality {where} only; a group needs cells "
            "in both: add them, or leave the group out (min_cells: 1)"
        )

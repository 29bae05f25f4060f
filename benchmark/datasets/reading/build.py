"""Checks what a file holds and builds a `Dataset`; complaints name file, column or id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.datasets.base import Dataset, Samples
from benchmark.datasets.lazy import Lazy
from benchmark.datasets.reading.labels import check_both_sides
from benchmark.datasets.reading.matrix import features_matrix
from benchmark.datasets.reading.pairing import Settled
from benchmark.datasets.reading.text import strings
from weakpair.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

NAMES = ("modality 1", "modality 2")
TWICE = "feature names must be unique (AnnData: var_names_make_unique())"


def make_samples(
    x: Any,
    labels: ArrayLike,
    ids: ArrayLike,
    features: Sequence[str],
    obs: pd.DataFrame | None = None,
    *,
    where: str,
    group: str = "group",
    where_labels: str = "",
    own: bool = False,
) -> Samples:
    """Check one modality.

    Args:
        x: features, shape (n, k), numeric and finite; a SciPy sparse matrix is made dense.
        labels: shape (n,), no value missing.
        ids: shape (n,), no value missing or repeated.
        features: the k names.
        obs: other metadata with n rows.
        where: the file, for messages.
        group: the column that the labels came from, for messages.
        where_labels: the file that the labels came from, if it is another one.
        own: `x` is the reader's own array, which may be kept without a copy.

    Raises:
        DataError: the first thing that is wrong, with what would be right.
    """
    names = strings(ids, f"{where}: ids", "give every cell an id")
    matrix = features_matrix(x, names, features, where, own=own)
    rows = len(matrix)
    _unique(names, f"{where}: id", "ids must be unique")
    _unique(np.array(features, dtype=str), f"{where}: column", TWICE)
    source = f"{where_labels or where}: column {group!r}"
    words = strings(labels, source, "give every cell a label", names)
    table = pd.DataFrame(index=range(rows)) if obs is None else obs.reset_index(drop=True)
    for what, count in ((f"labels ({group!r})", len(words)), ("rows of metadata", len(table))):
        if count != rows:
            raise DataError(f"{where}: {rows} cells but {count} {what}; the counts must agree")
    matrix.flags.writeable = False
    return Samples(matrix, words, names, tuple(features), table)


def make_dataset(
    name: str,
    first: Samples,
    second: Samples,
    pairing: Settled = "ids",
    names: tuple[str, str] = NAMES,
    notes: Sequence[str] = (),
) -> Dataset:
    """Join two modalities.

    With `pairing="ids"` an id that stands in both denotes one cell, whose labels must agree; data
    without a common id are unpaired. "rows" says that the readers gave both cells of a row one id.
    With `pairing="none"` ids mean nothing across modalities.

    Raises:
        DataError: a label in one modality only, or two labels for one cell.
    """
    check_both_sides(name, first, second)
    paired = pairing != "none" and np.intersect1d(first.ids, second.ids).size > 0
    known = pairing if paired else "none"
    dataset = Dataset(name, first, second, paired, names, known, tuple(notes))
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


def in_order(samples: Samples) -> Samples:
    """The cells sorted by their ids, so that nothing depends on the order of a file's rows."""
    order = np.argsort(samples.ids, kind="stable")
    if (np.diff(order) > 0).all():
        return samples
    x = samples.x
    x.flags.writeable = True
    # Some columns at a time: a large array must not stand in memory twice.
    for start in range(0, x.shape[1], 256):
        x[:, start : start + 256] = x[order, start : start + 256]
    x.flags.writeable = False
    rest = Samples(x[:, :0], samples.labels, samples.ids, (), samples.obs, samples.truth)
    moved = rest.take(order)
    return Samples(x, moved.labels, moved.ids, samples.features, moved.obs, moved.truth)


def _unique(names: NDArray[Any], what: str, remedy: str) -> None:
    values, counts = np.unique(names, return_counts=True)
    if (counts > 1).any():
        first = int(np.argmax(counts > 1))
        raise DataError(f"{what} {str(values[first])!r} stands {counts[first]} times; {remedy}")

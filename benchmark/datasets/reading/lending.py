"""Labels and other columns that one modality has: they hold for the same cells of the other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.datasets.base import Strings
from benchmark.datasets.reading.pairing import Settled
from benchmark.datasets.reading.parts import Part
from benchmark.datasets.reading.text import as_text
from weakpair.errors import DataError

Ids = tuple[Strings, Strings]


def lend_labels(
    parts: Sequence[Part], ids: Ids, how: Settled
) -> tuple[tuple[ArrayLike, ArrayLike], tuple[str, ...]]:
    """The labels of both modalities, and a note if one has lent them to the other.

    Raises:
        DataError: neither has labels, or some cells of the one without are not in the other.
    """
    first, second = (part.labels for part in parts)
    if first is not None and second is not None:
        return (first, second), ()
    if first is None and second is None:
        raise DataError(parts[0].lack)
    lack = 0 if first is None else 1
    have = 1 - lack
    if how == "none":
        raise DataError(parts[lack].lack)
    owner = parts[have]
    labels = as_text(
        () if owner.labels is None else owner.labels, f"{owner.table}: column {owner.group!r}"
    )
    lent = _lent(labels, ids[have], ids[lack])
    if isinstance(lent, str):
        raise DataError(f"{parts[lack].lack}; the labels of {parts[have].table} do not do: {lent}")
    note = _note(parts, have, parts[have].group, how)
    return ((lent, labels) if lack == 0 else (labels, lent)), (note,)


def lend_column(parts: Sequence[Part], ids: Ids, how: Settled, column: str) -> tuple[str, ...]:
    """Add a column of metadata to the modality that lacks it, where the other has all its cells."""
    has = [column in part.obs.columns for part in parts]
    if has[0] == has[1] or how == "none":
        return ()
    have = has.index(True)
    lent = _lent(parts[have].obs[column].to_numpy(dtype=object), ids[have], ids[1 - have])
    if isinstance(lent, str):
        return ()
    parts[1 - have].obs[column] = lent
    return (_note(parts, have, column, how),)


def _lent(
    values: NDArray[np.object_], owners: Strings, wanted: Strings
) -> NDArray[np.object_] | str:
    """The values of the wanted cells, or which cells are not among the owners."""
    known = dict(zip(owners.tolist(), values, strict=True))
    lacking = [cell for cell in wanted.tolist() if cell not in known]
    if lacking:
        return f"{len(lacking)} of {len(wanted)} cells are not there, first {lacking[0]!r}"
    lent = np.empty(len(wanted), dtype=object)
    lent[:] = [known[cell] for cell in wanted.tolist()]
    return lent


def _note(parts: Sequence[Part], have: int, column: str, how: Settled) -> str:
    by = "equal ids" if how == "ids" else "rows"
    return f"column {column!r} stands in {parts[have].table} only; it is used for both, by {by}"

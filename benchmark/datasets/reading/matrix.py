"""Features as one dense float32 array; sparse ones are checked before they are unfolded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.datasets.base import Features, Strings
from benchmark.datasets.lazy import Lazy
from weakpair.errors import DataError
from weakpair.quantities import size

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Lazy("pandas")

BLOCK = 4096  # rows that a check looks at together, so that it needs little memory of its own


def features_matrix(
    x: Any, ids: Strings, features: Sequence[str], where: str, *, own: bool = False
) -> Features:
    """Features as dense float32, shape (n, k), every value finite.

    Args:
        x: an array or a SciPy sparse matrix of numbers or truth values, shape (n, k).
        ids: the n cells, for messages.
        features: the k names.
        where: the file, for messages.
        own: the array is the reader's own, so that it may be kept without a copy.

    Raises:
        DataError: another shape or type, a value that is not finite or too large, or a matrix that
            does not fit into memory.
    """
    if np.ma.is_masked(x):
        raise DataError(f"{where}: a masked array with masked values; fill them in first")
    source = x if is_sparse(x) else np.asarray(x)
    _check_form(source, ids, features, where)
    if is_sparse(source):
        return _unfolded(source, ids, features, where)
    own = own and source.flags.writeable
    fits_in_memory(source.shape, where, needed=not (own and source.dtype == np.float32))
    with np.errstate(over="ignore"):
        convert = np.asarray if own else np.array  # `copy=None` is not known before NumPy 2
        matrix = convert(source, dtype=np.float32, order="C")
    for start, block in _blocks(matrix):
        if not np.isfinite(block).all():
            rows, columns = np.nonzero(~np.isfinite(block))
            place = (start + int(rows[0]), int(columns[0]))
            count = sum(int((~np.isfinite(part)).sum()) for _, part in _blocks(matrix))
            raise not_finite(source[place], count, ids[place[0]], features[place[1]], where)
    return matrix


def is_sparse(x: Any) -> bool:
    """Tell whether `x` is a SciPy sparse matrix or array."""
    return hasattr(x, "toarray") and hasattr(x, "nnz")


def check_sparse(x: Any, where: str) -> None:
    """Look at the places of a sparse matrix, which SciPy's compiled loops take as they are.

    Raises:
        DataError: one of them lies outside the matrix.
    """
    if x.format not in ("csr", "csc"):
        return
    try:
        for name in ("indices", "indptr"):
            if getattr(x, name).dtype.kind not in "iu":
                raise ValueError(f"{name} must be whole numbers")
        x.check_format(full_check=True)
    except ValueError as error:
        raise DataError(
            f"{where}: a broken sparse matrix ({str(error).splitlines()[0]}); write it again"
        ) from error


def fits_in_memory(shape: tuple[int, ...], where: str, *, needed: bool = True) -> None:
    """Refuse a dense float32 array that the free memory cannot hold.

    Raises:
        DataError: it is too large; says how large.
    """
    import psutil

    needs = 4 * int(np.prod(shape, dtype=np.int64))
    free = psutil.virtual_memory().available
    if needed and needs > free:
        sizes = f"{size(needs)}, and {size(free)} of memory are free"
        raise DataError(
            f"{where}: {shape[0]:,} cells × {shape[1]:,} features take {sizes}; keep "
            "fewer features in the file (highly variable ones, or components in obsm) or cells"
        )


def not_finite(value: Any, count: int, cell: str, feature: str, where: str) -> DataError:
    """The complaint about the first value that float32 cannot hold as a finite number."""
    at = f"first in column {str(feature)!r} at id {str(cell)!r}"
    if np.isfinite(value):
        return DataError(
            f"{where}: {count} values too large for float32 ({value:g}, {at}); "
            "scale the features, or drop the column"
        )
    return DataError(
        f"{where}: {count} NaN or infinite values, {at}; fill them in or drop the column"
    )


def numeric(table: pd.DataFrame, where: str) -> Features:
    """The columns of a table as float32, shape (n, k).

    Raises:
        DataError: a column holds something else than numbers.
    """
    if not table.size:
        raise DataError(f"{where}: {len(table)} cells and {table.shape[1]} features; it is empty")
    wrong = [not _is_number(dtype) for dtype in table.dtypes]
    for column in table.columns[wrong]:
        raise DataError(_not_numeric(table[column], where))
    with np.errstate(over="ignore"):
        x: Features = np.ascontiguousarray(table.to_numpy(dtype=np.float32, na_value=np.nan))
    for start, block in _blocks(x):
        for row, column in np.argwhere(np.isinf(block))[:1]:
            value = float(table.iloc[start + row, column])
            if np.isfinite(value):
                count = int(np.isinf(x).sum())
                raise not_finite(
                    value, count, table.index[start + row], table.columns[column], where
                )
    return x


def _is_number(dtype: Any) -> bool:
    return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)


def _not_numeric(column: pd.Series[Any], where: str) -> str:
    bad = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
    example = f" ({bad.iloc[0]!r})" if len(bad) else ""
    remedy = "features must be numbers, labels and other metadata belong into obs"
    if len(bad) and bad.astype(str).str.fullmatch(r"\s*-?\d+,\d+\s*").all():
        remedy = "write decimals with a point, not with a comma"
    return f"{where}: column {str(column.name)!r} is not numeric{example}; {remedy}"


def _check_form(source: Any, ids: Strings, features: Sequence[str], where: str) -> None:
    numbers = np.issubdtype(source.dtype, np.number) or source.dtype == bool
    if len(source.shape) != 2 or not numbers or np.issubdtype(source.dtype, np.complexfloating):
        raise DataError(
            f"{where}: features have shape {source.shape} and type {source.dtype}; "
            "a real numeric array of shape (cells, features) is needed"
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


def _unfolded(source: Any, ids: Strings, features: Sequence[str], where: str) -> Features:
    """A sparse matrix made dense once, after everything in it has been checked."""
    check_sparse(source, where)
    held = source if source.format in ("csr", "csc") else source.tocsr()
    with np.errstate(over="ignore"):
        values = held.data.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        places = held.tocoo(copy=False)
        row, column = int(places.row[bad[0]]), int(places.col[bad[0]])
        raise not_finite(held.data[bad[0]], int(bad.size), ids[row], features[column], where)
    fits_in_memory(held.shape, where)
    narrow = type(held)((values, held.indices, held.indptr), shape=held.shape, copy=False)
    dense: Features = narrow.toarray(order="C")
    return dense


def _blocks(x: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    for start in range(0, len(x), BLOCK):
        yield start, x[start : start + BLOCK]

"""Matrices inside HDF5 files, read by rows: memory holds the rows and columns that are wanted."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from scipy import sparse

from benchmark.datasets.base import Rows
from benchmark.datasets.public.screens.screen import Sparse
from benchmark.datasets.reading.matrix import check_sparse
from weakpair.errors import DataError

_CHUNK = 8192


def read_compressed(
    group: Any, shape: tuple[int, int], rows: Rows, columns: Rows | None = None
) -> Sparse:
    """Some rows, and some columns, of a matrix kept as `data`, `indices` and `indptr` by rows.

    A 10x file keeps features x cells by columns, which is cells x features by rows.

    Args:
        group: holds the three arrays.
        shape: rows and columns of the matrix.
        rows: wanted rows, ascending.
        columns: wanted columns; None for all.

    Raises:
        DataError: places lie outside the matrix.
    """
    pointer = _pointer(group, shape[0])
    parts = [
        _part(group, pointer, start, stop, shape[1])[mine]
        for start, stop, mine in _blocks(shape[0], rows)
    ]
    return _stacked(parts, shape[1], columns)


def read_matrix(node: Any, shape: tuple[int, int], rows: Rows, columns: Rows | None = None) -> Any:
    """Some rows of an AnnData matrix: compressed by rows or columns, or dense.

    Raises:
        DataError: another encoding, or places outside the matrix.
    """
    if hasattr(node, "dtype"):
        parts = [
            sparse.csr_array(np.asarray(node[start:stop], dtype=np.float32)[mine])
            for start, stop, mine in _blocks(shape[0], rows)
        ]
        return _stacked(parts, shape[1], columns)
    encoding = node.attrs.get("encoding-type", node.attrs.get("h5sparse_format", ""))
    if encoding in ("csr_matrix", "csr"):
        return read_compressed(node, shape, rows, columns)
    if encoding in ("csc_matrix", "csc"):
        wanted = np.arange(shape[1]) if columns is None else columns
        by_feature = read_compressed(node, (shape[1], shape[0]), np.sort(wanted), rows)
        return _by_cell(by_feature, wanted)
    raise DataError(
        f"matrix {node.name}: encoding {encoding!r}; csr, csc or a dense array is needed"
    )


def _by_cell(by_feature: Sparse, wanted: Rows) -> Sparse:
    """Turned round, with the columns in the order that was asked for."""
    order = np.argsort(np.argsort(wanted, kind="stable"), kind="stable")
    return sparse.csr_array(by_feature.T)[:, order]


def _blocks(n: int, rows: Rows) -> Iterator[tuple[int, int, Rows]]:
    """Row ranges of the file with the wanted rows inside; ranges without any are not read."""
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        mine = rows[np.searchsorted(rows, start) : np.searchsorted(rows, stop)] - start
        if mine.size:
            yield start, stop, mine


def _pointer(group: Any, n: int) -> Rows:
    """Places where each of n rows begins, and the last one ends."""
    pointer = np.asarray(group["indptr"][:], dtype=np.int64)
    held = {len(group["data"]), len(group["indices"])}
    if len(pointer) != n + 1 or pointer[0] != 0 or held != {int(pointer[-1])}:
        raise DataError(
            f"{group.name}: a broken sparse matrix ({len(pointer)} pointers from {pointer[:1]} to "
            f"{pointer[-1:]} for {n} rows and {sorted(held)} values); fetch the file again"
        )
    return pointer


def _part(group: Any, pointer: Rows, start: int, stop: int, width: int) -> Sparse:
    low, high = int(pointer[start]), int(pointer[stop])
    data = np.asarray(group["data"][low:high], dtype=np.float32)
    indices = np.asarray(group["indices"][low:high])
    if indices.dtype.kind not in "iu" or indices.max(initial=-1) >= width:
        raise DataError(f"{group.name}: a broken sparse matrix (an index ≥ {width})")
    part: Sparse = sparse.csr_array(
        (data, indices.astype(np.int32), pointer[start : stop + 1] - low),
        shape=(stop - start, width),
    )
    check_sparse(part, str(group.name))
    return part


def _stacked(parts: list[Sparse], width: int, columns: Rows | None) -> Sparse:
    if columns is not None:
        parts = [part[:, columns] for part in parts]
        width = len(columns)
    if not parts:
        return cast("Sparse", sparse.csr_array((0, width), dtype=np.float32))
    return cast("Sparse", sparse.csr_array(sparse.vstack(parts, format="csr")))

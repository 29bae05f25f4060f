"""Text tables with a line per feature and a column per cell, as GEO and the portal give them."""

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmark.datasets.base import Rows
from benchmark.datasets.public.screens.raw.files import open_text, separator
from benchmark.datasets.public.screens.screen import Assay, Sparse
from weakpair.errors import DataError

Entry = tuple[NDArray[np.int32], NDArray[np.float32]]
"""The cells that are not 0 in a feature, and their values."""


def read_wide(path: Path, wanted: Collection[str] | None = None) -> tuple[Assay, pd.Index]:
    """Read a features x cells table line by line; memory holds what is not 0 of wanted cells.

    Args:
        path: commas or tabs, gzipped or not. The header names the cells, with or without a name
            over the features' column.
        wanted: ids of the cells to keep; None keeps all.

    Returns:
        The values, transposed to cells x features, float32, and the ids of the cells.

    Raises:
        DataError: a line of another length, a field that is no number, or a repeated name.
    """
    mark = separator(path)
    with open_text(path) as file:
        cells, first = _header(file, mark, path)
        every = np.arange(len(cells))
        columns = every if wanted is None else np.flatnonzero(cells.isin(wanted))
        names, entries = _lines(file, first, mark, len(cells), columns, path)
    if len(set(names)) < len(names) or cells.has_duplicates:
        raise DataError(f"{path}: a cell or a feature stands more than once; names must be unique")
    return Assay(_joined(entries, len(columns)), np.array(names, dtype=str)), cells[columns]


def _header(file: TextIO, mark: str, path: Path) -> tuple[pd.Index, str]:
    head = [_bare(name) for name in file.readline().rstrip("\r\n").split(mark)]
    first = file.readline()
    fields = first.count(mark) + 1
    if not first.strip() or fields - len(head) not in (0, 1):
        raise DataError(
            f"{path}: {len(head)} fields in the header and {fields} in the first line; "
            "a table of features x cells is needed"
        )
    return pd.Index(head[1:] if fields == len(head) else head), first


def _lines(
    file: TextIO, line: str, mark: str, n: int, columns: Rows, path: Path
) -> tuple[list[str], list[Entry]]:
    """Names of the features, and per feature the kept cells that are not 0, with their values."""
    names: list[str] = []
    entries: list[Entry] = []
    while line.strip():
        name, _, rest = line.partition(mark)
        values = _numbers(rest, mark)
        if values is None or len(values) != n or not np.isfinite(values).all():
            raise DataError(
                f"{path}: line {len(names) + 2} ({_bare(name)!r}) does not hold {n} numbers"
            )
        names.append(_bare(name))
        mine = values[columns]
        there = np.flatnonzero(mine)
        entries.append((there.astype(np.int32), mine[there].astype(np.float32)))
        line = file.readline()
    return names, entries


def _numbers(text: str, mark: str) -> NDArray[np.float64] | None:
    """The numbers of a line; None where a field is none."""
    text = text.strip("\r\n").replace(" ", "")
    # NumPy's parser is the only fast one, but reads an empty field as -1.
    if mark * 2 in text or text.startswith(mark) or text.endswith(mark):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype=np.float64, sep=mark)
        except (DeprecationWarning, ValueError):
            return None


def _joined(entries: list[Entry], cells: int) -> Sparse:
    """Columns put side by side, as rows of cells; the entries are given back on the way."""
    pointer = np.cumsum([0, *(len(rows) for rows, _ in entries)])
    indices = np.empty(pointer[-1], np.int32)
    data = np.empty(pointer[-1], np.float32)
    for j in range(len(entries)):
        rows, values = entries[j]
        indices[pointer[j] : pointer[j + 1]] = rows
        data[pointer[j] : pointer[j + 1]] = values
        entries[j] = (rows[:0], values[:0])
    columns = sparse.csc_array((data, indices, pointer), shape=(cells, len(entries)))
    return sparse.csr_array(columns)


def _bare(name: str) -> str:
    return name.strip().strip('"')

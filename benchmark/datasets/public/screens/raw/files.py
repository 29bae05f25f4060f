"""Finding and opening the fetched files; every complaint names the file."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from benchmark.datasets.loaders.links import must_be_whole
from benchmark.datasets.loaders.packages import optional
from weakpair.errors import DataError, UnknownNameError


def find(raw: Path, *patterns: str) -> list[Path]:
    """Files anywhere below `raw` that a pattern such as "*_RNA.h5ad" fits, sorted."""
    if not raw.is_dir():
        raise DataError(f"{raw}: no such folder; it must hold the fetched files")
    found = {path for pattern in patterns for path in raw.rglob(pattern) if path.is_file()}
    return sorted(found)


def find_one(raw: Path, what: str, *patterns: str) -> Path:
    """The one file that fits the first pattern that any file fits.

    Raises:
        DataError: none fits, or several do.
    """
    for pattern in patterns:
        found = find(raw, pattern)
        if len(found) > 1:
            raise DataError(f"{raw}: {found[0].name} and {found[1].name}: keep one file of {what}")
        if found:
            return found[0]
    raise DataError(f"{raw}: no file of {what}; {' or '.join(patterns)} is needed")


@contextmanager
def one_line(path: Path) -> Iterator[None]:
    """Turn what a torn or foreign file raises into one line that names it."""
    try:
        yield
    except (OSError, EOFError, ValueError, KeyError, zlib.error, UnicodeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{path}: not readable ({reason}); the file is torn or of another format"
        ) from error


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """A text file, gzipped or not."""
    with one_line(path), _opened(path) as file:
        yield file


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """An HDF5 file, to read."""
    with one_line(path), optional("h5py").File(path, "r") as file:
        must_be_whole(file, path)
        yield file


def read_metadata(path: Path) -> pd.DataFrame:
    """A table of cells as text, ids from the first column as index; empty fields are "".

    Commas or tabs, gzipped or not; the row of column types that the Single Cell Portal puts under
    the header is dropped, and so are rows without id.

    Raises:
        DataError: the file is not such a table, or an id repeats.
    """
    mark = separator(path)
    with open_text(path) as file:
        head, first = (file.readline().rstrip("\r\n").split(mark) for _ in range(2))
    # R gives the ids' column no name: the lines are longer than the header by one.
    names = ["", *head] if len(first) == len(head) + 1 else head
    with open_text(path) as file:
        table = pd.read_csv(
            file, sep=mark, dtype=str, keep_default_na=False, header=0, names=_bare(names)
        )
    table = table.set_index(table.columns[0])
    table = table[~table.index.isin(["TYPE", ""])]
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise DataError(f"{path}: cell {twice!r} stands more than once; ids must be unique")
    return table


def _bare(names: list[str]) -> list[str]:
    return [name.strip().strip('"') for name in names]


def separator(path: Path) -> str:
    """A tab for .tsv and .txt, else a comma."""
    return "\t" if {".tsv", ".txt"} & set(path.suffixes) else ","


def need_column(table: pd.DataFrame, name: str, where: Any) -> "pd.Series[str]":
    """A column as text.

    Raises:
        DataError: there is none of that name; suggests the nearest.
    """
    if name not in table.columns:
        error = UnknownNameError("column", name, map(str, table.columns))
        raise DataError(f"{where}: {error}")
    column: pd.Series[str] = table[name].astype(object).where(table[name].notna(), "").astype(str)
    return column

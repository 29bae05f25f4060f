"""Readers of raw formats that execute nothing of what they read."""

import lzma
import pickletools
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from weakpair.errors import DataError

_LIST_OF_TEXT = {
    "PROTO", "EMPTY_LIST", "BINPUT", "LONG_BINPUT", "MARK", "BINUNICODE", "APPEND", "APPENDS",
    "STOP",
}  # fmt: skip

_TORN = (lzma.LZMAError, zlib.error)


def read_npy(path: Path) -> NDArray[Any]:
    """A numeric array; arrays of Python objects are refused.

    Raises:
        DataError: not such a file.
    """
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: not a readable .npy file ({error})") from error
    return array


def read_sparse(path: Path) -> sparse.csr_array[Any, tuple[int, int]]:
    """A matrix that `scipy.sparse.save_npz` wrote.

    Raises:
        DataError: not such a file.
    """
    try:
        return sparse.csr_array(sparse.load_npz(path))  # reads with allow_pickle=False
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(f"{path}: not a sparse matrix in .npz ({error})") from error


def read_text_matrix(path: Path) -> NDArray[np.float64]:
    """Numbers in lines, blanks between them, as `numpy.savetxt` writes them; always 2-d.

    Raises:
        DataError: something else than numbers, or lines of different length.
    """
    try:
        return np.loadtxt(path, dtype=np.float64, ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a table of numbers ({error})") from error


def read_csv_of_numbers(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of a CSV file, in the order asked for, as float64.

    Raises:
        DataError: not such a file, a column is missing, or a value is no finite number.
    """
    try:
        table = pd.read_csv(path, usecols=list(columns), dtype=np.float64)[list(columns)]
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a table of numbers ({error})") from error
    if not np.isfinite(table.to_numpy()).all():
        raise DataError(f"{path}: a value is missing or infinite; all must be numbers")
    return table


def read_pickled_names(path: Path) -> list[str]:
    """The strings of a pickled list, taken from the file's opcodes without unpickling it.

    Raises:
        DataError: the pickle holds anything else than one list of text.
    """
    names = []
    try:
        with path.open("rb") as file:
            for opcode, value, _ in pickletools.genops(file):
                if opcode.name not in _LIST_OF_TEXT:
                    raise DataError(
                        f"{path}: opcode {opcode.name}; only a plain list of names is read, "
                        "nothing is unpickled"
                    )
                if opcode.name == "BINUNICODE":
                    names.append(str(value))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable list of names ({error})") from error
    return names


def read_rda(path: Path, name: str) -> pd.DataFrame:
    """A matrix or data frame of an R data file as a table of its columns.

    Raises:
        DataError: the optional package `rdata` is missing, or the file holds no such object.
    """
    try:
        import rdata
    except ImportError as error:
        raise DataError(
            f"rdata is needed to read {path.name}; install it with: pip install weakpair[rda]"
        ) from error
    try:
        objects = rdata.read_rda(path)
    except (OSError, ValueError, EOFError, NotImplementedError, *_TORN) as error:
        raise DataError(f"{path}: not a readable R data file ({error})") from error
    if name not in objects:
        raise DataError(f"{path}: no object {name!r}; it holds {', '.join(objects) or 'nothing'}")
    found = objects[name]
    if isinstance(found, pd.DataFrame):
        return found.reset_index(drop=True)
    columns = [str(column) for column in found.coords[found.dims[1]].to_numpy()]
    return pd.DataFrame(found.to_numpy(), columns=columns)

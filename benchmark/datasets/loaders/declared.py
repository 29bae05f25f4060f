"""Sizes that the arrays of an archive declare, before any is read."""

from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import psutil
from numpy.lib import format as npy

from weakpair.errors import DataError

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
SUFFIX = ".npy"


def check_declared(archive: ZipFile, path: Path) -> dict[str, str]:
    """Look at all arrays of an archive of NumPy's.

    A few megabytes can unpack to any number of gigabytes, and a header can promise what is not
    there.

    Returns:
        Name → why, of arrays whose header promises more than the archive has.

    Raises:
        DataError: all together do not fit into the memory of this machine.
    """
    promised, total = {}, 0
    for info in archive.infolist():
        total += info.file_size
        with archive.open(info) as file:
            wanted = _bytes(file)
        if wanted > info.file_size:
            name = info.filename.removesuffix(SUFFIX)
            promised[name] = f"its header promises {wanted:,} bytes, there are {info.file_size:,}"
    memory = psutil.virtual_memory().total
    if total > memory:
        raise DataError(
            f"{path}: its arrays unpack to {total:,} bytes, and this machine has {memory:,}; keep "
            "fewer features or cells in the file"
        )
    return promised


def _bytes(file: IO[Any]) -> int:
    """Bytes of the values that a header speaks of; 0 where it cannot be told, or is pickled."""
    try:
        shape, _, dtype = _HEADERS[npy.read_magic(file)](file)
    except (ValueError, KeyError, EOFError, OSError):
        return 0
    return 0 if dtype.hasobject else prod(shape) * dtype.itemsize

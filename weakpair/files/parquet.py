"""Parquet files by their paths: pyarrow by itself takes a path such as "run:1/x" for an address."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> Any:
    """The table of a file, or those of its columns that are named and there.

    Raises:
        OSError: there is no such file.
        pyarrow.ArrowException: it is not Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pa.OSFile(str(path), "rb") as source, pq.ParquetFile(source) as file:
        known = None
        if columns is not None:
            known = [name for name in columns if name in file.schema_arrow.names]
        return file.read(columns=known)


def write_parquet(frame: "pd.DataFrame", path: Path) -> None:
    """Write a frame as pandas does, which asks an opened file for its name and takes that.

    Raises:
        OSError: it cannot be written there.
    """
    import pyarrow as pa

    write_table(pa.Table.from_pandas(frame), path)


def write_table(table: Any, path: Path) -> None:
    """Write a pyarrow table.

    Raises:
        OSError: it cannot be written there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pa.OSFile(str(path), "wb") as sink:
        pq.write_table(table, sink)

"""Rows as an Arrow table, without pandas.

pyarrow's own way from lists to arrays imports pandas wherever that is installed, which takes as
long as all else that a run does which computes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """A table of texts, numbers and truth values; what a row lacks is null.

    >>> table_of([{"a": 1}, {"b": "x"}], pa.schema({"a": pa.int64(), "b": pa.string()})).to_pylist()
    [{'a': 1, 'b': None}, {'a': None, 'b': 'x'}]
    """
    columns = [_column([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    known = np.fromiter((value is not None for value in values), bool, len(values))
    valid = None if known.all() else _bits(known)
    if pa.types.is_string(kind):
        texts = [b"" if value is None else value.encode() for value in values]
        ends = np.zeros(len(texts) + 1, np.int32)
        np.cumsum([len(text) for text in texts], out=ends[1:])
        parts = [pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
    elif pa.types.is_boolean(kind):
        parts = [_bits(np.fromiter(map(bool, values), bool, len(values)))]
    elif pa.types.is_int64(kind):
        parts = [pa.py_buffer(np.fromiter(_filled(values), np.int64, len(values)))]
    elif pa.types.is_float64(kind):
        parts = [pa.py_buffer(np.fromiter(_filled(values), np.float64, len(values)))]
    else:
        raise TypeError(f"no columns of {kind} are made here")
    return pa.Array.from_buffers(kind, len(values), [valid, *parts], int((~known).sum()))


def _filled(values: Iterable[Any]) -> Iterable[Any]:
    return (0 if value is None else value for value in values)


def _bits(truths: NDArray[np.bool_]) -> pa.Buffer:
    """Bits of truth values, as Arrow has them."""
    return pa.py_buffer(np.packbits(truths, bitorder="little"))

"""Canonical JSON and content digests: equal things have equal keys, everywhere."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weakpair.errors import ConfigError


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces, and shortest round-trip floats.

    Raises:
        ConfigError: a value that has no JSON form (NaN, an object), naming it.

    >>> canonical_json({"b": (1, 2.0), "a": None})
    '{"a":null,"b":[1,2.0]}'
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"parameters must be plain numbers, strings or lists: {error}") from error


def sha256(value: Any) -> str:
    """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def table_digest(table: pa.Table, meta: Mapping[str, Any]) -> str:
    """SHA-256 of a table's names, types and values and of `meta`.

    It does not depend on how the table is cut into chunks, so it is the same before writing and
    after reading back.
    """
    digest = hashlib.sha256(canonical_json(dict(meta)).encode())
    for name in table.column_names:
        column = table.column(name)
        digest.update(f"{name}:{_type_name(column.type)}:{len(column)}".encode())
        for part in _parts(column):
            digest.update(part)
    return digest.hexdigest()


def _type_name(kind: pa.DataType) -> str:
    """The type without the name that Parquet gives to a list's items."""
    return f"list<{kind.value_type}>" if pa.types.is_list(kind) else str(kind)


def _parts(column: pa.ChunkedArray) -> Iterator[bytes]:
    """Digests of a column's null mask, lengths and values, each over all chunks."""
    yield _stream(_raw(pc.is_null(chunk).cast(pa.uint8())) for chunk in column.chunks)
    if pa.types.is_list(column.type):
        yield _stream(_raw(pc.list_value_length(c).cast(pa.int64())) for c in column.chunks)
        yield _stream(_raw(chunk.flatten()) for chunk in column.chunks)
    elif pa.types.is_string(column.type):
        filled = [_filled(chunk, "") for chunk in column.chunks]
        yield _stream(_raw(pc.binary_length(chunk).cast(pa.int64())) for chunk in filled)
        yield hashlib.sha256("".join(s for c in filled for s in c.to_pylist()).encode()).digest()
    else:
        yield _stream(_numbers(chunk) for chunk in column.chunks)


def _numbers(chunk: pa.Array) -> memoryview:
    """The values of a numeric or boolean chunk, nulls as zero."""
    if pa.types.is_boolean(chunk.type):
        chunk = chunk.cast(pa.uint8())
    return _raw(_filled(chunk, 0))


def _filled(chunk: pa.Array, value: Any) -> pa.Array:
    """The chunk with a value in the place of nulls; pyarrow imports pandas for that."""
    return pc.fill_null(chunk, value) if chunk.null_count else chunk


def _raw(array: pa.Array) -> memoryview:
    """Bytes of the values of an array without nulls.

    Numbers are taken from their buffer: `to_numpy` imports pandas, which takes as long as all else
    that a run does which computes nothing.
    """
    if array.null_count or not (
        pa.types.is_integer(array.type) or pa.types.is_floating(array.type)
    ):
        return np.ascontiguousarray(array.to_numpy(zero_copy_only=False)).data
    width, buffer = array.type.bit_width // 8, array.buffers()[1]
    if buffer is None:
        return memoryview(b"")
    return memoryview(buffer)[array.offset * width : (array.offset + len(array)) * width]


def _stream(arrays: Iterator[memoryview]) -> bytes:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array)
    return digest.digest()

"""Domain objects ↔ Arrow tables: what the store's files look like inside.

Vectors (features `x`, latents `z`): one row per sample with columns modality, part, sample, label
and the vector. Plans: see `plans`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Part = Literal["train", "test"]
PARTS: tuple[Part, ...] = ("train", "test")
Slot = tuple[int, Part]


@dataclass(frozen=True)
class Vectors:
    """Samples of one modality and part: ids (n,), labels (n,), values (n, k) float32."""

    ids: NDArray[np.str_]
    labels: NDArray[np.str_]
    values: NDArray[np.float32]


def vectors_to_table(slots: Mapping[Slot, Vectors], column: str) -> pa.Table:
    """Stack the vectors of several (modality, part) slots, in the order given."""
    chunks = [
        pa.record_batch(
            {
                "modality": np.full(len(v.ids), modality, np.int8),
                "part": pa.array([part] * len(v.ids), pa.string()),
                "sample": pa.array(v.ids.tolist(), pa.string()),
                "label": pa.array(v.labels.tolist(), pa.string()),
                column: _list_array(v.values),
            }
        )
        for (modality, part), v in slots.items()
    ]
    return pa.Table.from_batches(chunks)


def with_vectors(
    table: pa.Table, slots: Mapping[Slot, NDArray[np.float32]], column: str
) -> pa.Table:
    """Append a column of vectors, stacked in the order of the slots that made the table."""
    chunks = [_list_array(values) for values in slots.values()]
    return table.append_column(column, pa.chunked_array(chunks))


def table_to_vectors(table: pa.Table, column: str) -> dict[Slot, Vectors]:
    """The inverse of `vectors_to_table`."""
    modality = table.column("modality").to_numpy()
    part = np.asarray(table.column("part").to_pylist(), dtype=np.str_)
    slots: dict[Slot, Vectors] = {}
    for m in (1, 2):
        for p in PARTS:
            rows = np.flatnonzero((modality == m) & (part == p))
            if rows.size:
                slots[m, p] = _vectors(chosen(table, rows), column)
    return slots


def release() -> None:
    """Give back the memory of tables that are gone: Arrow's pool keeps it for tables to come."""
    pa.default_memory_pool().release_unused()


def chosen(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Rows of a table; those that stand one after the other are not copied.

    >>> chosen(pa.table({"a": [1, 2, 3]}), np.array([1, 2])).column("a").to_pylist()
    [2, 3]
    """
    if len(rows) and (np.diff(rows) == 1).all():
        return table.slice(int(rows[0]), len(rows))
    return table.take(pa.array(rows))


def _vectors(table: pa.Table, column: str) -> Vectors:
    parts = [_values(chunk) for chunk in table.column(column).chunks if len(chunk)]
    return Vectors(
        np.asarray(table.column("sample").to_pylist(), dtype=np.str_),
        np.asarray(table.column("label").to_pylist(), dtype=np.str_),
        parts[0] if len(parts) == 1 else np.concatenate(parts),
    )


def _values(chunk: pa.ListArray) -> NDArray[np.float32]:
    """Vectors of a chunk, (n, k), not copied where they are float32."""
    flat = chunk.flatten().to_numpy().astype(np.float32, copy=False)
    values: NDArray[np.float32] = flat.reshape(len(chunk), -1)
    return values


def _list_array(values: NDArray[np.float32]) -> pa.ListArray:
    n, k = values.shape
    offsets = np.arange(n + 1, dtype=np.int64) * k
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError(f"{n} x {k} values do not fit one list column")
    flat = np.ascontiguousarray(values, dtype=np.float32).ravel()
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(flat))

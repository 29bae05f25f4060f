"""Domain objects ↔ Arrow tables: what the store's files look like inside.

Vectors (features `x`, latents `z`): one row per sample with columns modality, part, sample, label
and the vector. Plans: one row per source sample (modality 1) with the row numbers of its targets
among the modality-2 samples of the same part, and their weights; zeros are left out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from aligners import Block, Plan

Part = Literal["train", "test"]
PARTS: tuple[Part, ...] = ("train", "test")
Slot = tuple[int, Part]

# Blocks of so many pairs stay sparse where so small a share of their weights is not zero.
_LARGE, _SPARSE = 1 << 20, 0.05


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
                slots[m, p] = _vectors(table.take(pa.array(rows)), column)
    return slots


def _vectors(table: pa.Table, column: str) -> Vectors:
    values = table.column(column).combine_chunks()
    flat = values.flatten().to_numpy().astype(np.float32, copy=False)
    return Vectors(
        np.asarray(table.column("sample").to_pylist(), dtype=np.str_),
        np.asarray(table.column("label").to_pylist(), dtype=np.str_),
        flat.reshape(table.num_rows, -1),
    )


def _list_array(values: NDArray[np.float32]) -> pa.ListArray:
    n, k = values.shape
    offsets = np.arange(n + 1, dtype=np.int64) * k
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError(f"{n} x {k} values do not fit one list column")
    flat = np.ascontiguousarray(values, dtype=np.float32).ravel()
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(flat))


def plan_to_table(plan: "Plan", ids: NDArray[np.str_]) -> pa.Table:
    """Rows of a plan; `ids` (n1,) names the source samples."""
    batches = [_block_batch(block, ids) for block in plan.blocks]
    return pa.Table.from_batches(batches)


def _block_batch(block: Any, ids: NDArray[np.str_]) -> pa.RecordBatch:
    rows, cols = block.rows.cpu().numpy(), block.cols.cpu().numpy().astype(np.int32)
    counts, targets, weights = _entries(block, cols)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise OverflowError(f"a plan block of shape {block.shape} has too many entries to store")
    start = pa.array(offsets.astype(np.int32))
    label = None if block.label is None else str(block.label)
    return pa.record_batch(
        {
            "row": rows.astype(np.int32),
            "sample": pa.array(ids[rows].tolist(), pa.string()),
            "block": pa.array([label] * len(rows), pa.string()),
            "targets": pa.ListArray.from_arrays(start, pa.array(targets)),
            "weights": pa.ListArray.from_arrays(start, pa.array(weights)),
        }
    )


def _entries(
    block: Any, cols: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[Any]]:
    """How many weights of each row are not zero; their columns and values, row by row."""
    from aligners.plan.sparse import SparseBlock

    if isinstance(block, SparseBlock):
        values = block.values.cpu().numpy()
        there = values != 0
        row, column = block.places.cpu().numpy()[:, there]
        return np.bincount(row, minlength=len(block.rows)), cols[column], values[there]
    weights = block.weights.cpu().numpy()
    nonzero = weights != 0
    return nonzero.sum(axis=1), np.broadcast_to(cols, weights.shape)[nonzero], weights[nonzero]


def plan_facts(plan: "Plan") -> dict[str, Any]:
    """The plan's shape, status and column blocks, for the artefact's facts.

    Seconds are left out: they are the stage's, and facts are the same for every run.
    """
    status = asdict(plan.status)
    status.pop("seconds")
    return {
        "shape": list(plan.shape),
        "status": status,
        "rows": [block.rows.numel() for block in plan.blocks],
        "columns": [block.cols.cpu().numpy().tolist() for block in plan.blocks],
    }


def table_to_plan(table: pa.Table, facts: Mapping[str, Any]) -> "Plan":
    """The inverse of `plan_to_table`, with the facts of `plan_facts`."""
    import torch

    from aligners.plan.plan import Plan, Status

    row = torch.from_numpy(table.column("row").to_numpy().astype(np.int64))
    blocks = []
    start = 0
    for size, columns in zip(facts["rows"], facts["columns"], strict=True):
        part = table.slice(start, size)
        cols = np.asarray(columns, dtype=np.int64)
        label = part.column("block")[0].as_py()
        blocks.append(_block(part, row[start : start + size], torch.from_numpy(cols), label))
        start += size
    status: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in facts["status"].items()
    }
    shape = (int(facts["shape"][0]), int(facts["shape"][1]))
    return Plan(shape, tuple(blocks), Status(**status, seconds=0.0))


def _block(part: pa.Table, rows: "Tensor", cols: "Tensor", label: str | None) -> "Block":
    """One block, with the zeros put back unless it is large and has next to nothing but zeros."""
    import torch

    from aligners.plan.block import Block
    from aligners.plan.sparse import SparseBlock

    weights = part.column("weights").combine_chunks()
    flat: NDArray[Any] = weights.flatten().to_numpy()
    area, width = len(rows) * len(cols), len(cols)
    if flat.size == area:
        return Block(rows, cols, torch.from_numpy(flat.reshape(len(rows), width).copy()), label)
    position = np.zeros(int(cols.max()) + 1, dtype=np.int64)
    position[cols.numpy()] = np.arange(width)
    targets = position[part.column("targets").combine_chunks().flatten().to_numpy()]
    source = np.repeat(np.arange(len(rows)), weights.value_lengths().to_numpy())
    if area > _LARGE and flat.size < _SPARSE * area:
        places = torch.from_numpy(np.stack([source, targets]))
        return SparseBlock(rows, cols, places, torch.from_numpy(flat.copy()), label)
    dense = np.zeros((len(rows), width), dtype=flat.dtype)
    dense[source, targets] = flat
    return Block(rows, cols, torch.from_numpy(dense), label)

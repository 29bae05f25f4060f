"""Plans ↔ Arrow tables.

Plans by their weights: one row per source sample (modality 1) with the row numbers of its targets
among the modality-2 samples of the same part, and their weights; zeros are left out.

Plans by their potentials: of each block a row per sample of modality 1 (side 1) and then one per
sample of modality 2, with its potential in units of the cost and its row of the cost's factor; the
weight of two is exp((f + g − point · point') / epsilon), or with the root of that product.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from aligners import Block, Plan
    from aligners.plan.scaled import ScaledBlock

# Blocks of so many pairs stay sparse where so small a share of their weights is not zero.
_LARGE, _SPARSE = 1 << 20, 0.05


def plan_to_table(plan: "Plan", ids: NDArray[np.str_]) -> pa.Table:
    """Rows of a plan; `ids` (n1,) names the source samples."""
    make = _scaled_batch if by_potentials(plan) else _block_batch
    return pa.Table.from_batches([make(block, ids) for block in plan.blocks])


def by_potentials(plan: "Plan") -> bool:
    """Tell whether all blocks of a plan are kept by their potentials."""
    from aligners.plan.scaled import ScaledBlock

    return all(isinstance(block, ScaledBlock) for block in plan.blocks)


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
    """Counts of the weights that are not zero by row; their columns and values, row by row."""
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
    facts = {
        "shape": list(plan.shape),
        "status": status,
        "rows": [block.rows.numel() for block in plan.blocks],
        "columns": [block.cols.cpu().numpy().tolist() for block in plan.blocks],
    }
    if by_potentials(plan):
        facts["potentials"] = [[block.epsilon, block.root] for block in _scaled(plan.blocks)]
    return facts


def table_to_plan(table: pa.Table, facts: Mapping[str, Any]) -> "Plan":
    """The inverse of `plan_to_table`, with the facts of `plan_facts`."""
    import torch

    from aligners.plan.plan import Plan, Status

    row = torch.from_numpy(table.column("row").to_numpy().astype(np.int64))
    blocks: list[Block] = []
    start = 0
    scales = facts.get("potentials")
    for number, (size, columns) in enumerate(zip(facts["rows"], facts["columns"], strict=True)):
        count = size + len(columns) if scales else size
        part, rows = table.slice(start, count), row[start : start + size]
        cols = torch.from_numpy(np.asarray(columns, dtype=np.int64))
        label = part.column("block")[0].as_py()
        if scales:
            epsilon, root = scales[number]
            blocks.append(_scaled_block(part, rows, cols, float(epsilon), bool(root), label))
        else:
            blocks.append(_block(part, rows, cols, label))
        start += count
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


def _scaled_batch(block: Any, ids: NDArray[np.str_]) -> pa.RecordBatch:
    """Rows of a block by potentials: those of modality 1, then those of modality 2."""
    sides = zip((block.rows, block.cols), block.potentials, block.factors, strict=True)
    parts = [[part.cpu().numpy() for part in side] for side in sides]
    rows, columns = parts[0][0], parts[1][0]
    points = np.concatenate([side[2] for side in parts])
    label = None if block.label is None else str(block.label)
    count = len(rows) + len(columns)
    ends = pa.array(np.arange(count + 1, dtype=np.int32) * points.shape[1])
    return pa.record_batch(
        {
            "row": np.concatenate([rows, columns]).astype(np.int32),
            "side": np.repeat(np.array([1, 2], np.int8), [len(rows), len(columns)]),
            "sample": pa.array([*ids[rows].tolist(), *[""] * len(columns)], pa.string()),
            "block": pa.array([label] * count, pa.string()),
            "potential": np.concatenate([side[1] for side in parts]),
            "point": pa.ListArray.from_arrays(ends, pa.array(points.ravel())),
        }
    )


def _scaled(blocks: "Sequence[Block]") -> "Iterator[ScaledBlock]":
    from aligners.plan.scaled import ScaledBlock

    for block in blocks:
        assert isinstance(block, ScaledBlock)
        yield block


def _scaled_block(
    part: pa.Table, rows: "Tensor", cols: "Tensor", epsilon: float, root: bool, label: str | None
) -> "Block":
    """One block by its potentials."""
    import torch

    from aligners.plan.scaled import ScaledBlock

    potential = torch.from_numpy(part.column("potential").to_numpy().copy())
    flat = part.column("point").combine_chunks().flatten().to_numpy()
    point = torch.from_numpy(flat.reshape(part.num_rows, -1).copy())
    count = len(rows)
    factors, potentials = ((part[:count], part[count:]) for part in (point, potential))
    return ScaledBlock(rows, cols, factors, potentials, epsilon, root, label)

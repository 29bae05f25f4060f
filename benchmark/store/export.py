"""Plans of the store as plain entries, for tools that know nothing of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.store.plans import table_to_plan
from weakpair.errors import DataError
from weakpair.files.whole import write_whole

if TYPE_CHECKING:
    from aligners import Plan
    from benchmark.store.store import Store

_SCHEMA = pa.schema(
    [
        ("row", pa.int32()),
        ("column", pa.int32()),
        ("weight", pa.float64()),
    ]
)


def export_plan(store: "Store", key: str, out: Path) -> int:
    """Write the weights of a plan that are not zero: columns row, column and weight.

    Rows are places among the modality-1 cells of the plan's part, columns among those of modality
    2. A plan that is kept by its potentials is written part by part, never held as a whole.

    Returns:
        How many weights were written.

    Raises:
        DataError: the artefact is no plan.
    """
    artefact = store.read(key)
    if "columns" not in artefact.facts:
        raise DataError(f"{key[:12]} is no plan: bench cache ls --kind align names those there are")
    plan = table_to_plan(artefact.table, artefact.facts)
    count = 0
    with write_whole(out) as path, pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for batch in _entries(plan):
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _entries(plan: "Plan") -> Iterator[pa.RecordBatch]:
    for block in plan.blocks:
        rows, cols = block.rows.numpy(), block.cols.numpy()
        for part, weights in block.parts():
            dense = weights.double().numpy()
            row, column = np.nonzero(dense)
            entries = [rows[part][row], cols[column], dense[row, column]]
            arrays = [pa.array(x, f.type) for x, f in zip(entries, _SCHEMA, strict=True)]
            yield pa.record_batch(arrays, schema=_SCHEMA)

"""Draws the folds of a split and files them as row ids: every method sees the same."""

import numpy as np
import pyarrow as pa

from benchmark.datasets import Dataset
from benchmark.splits import Fold, SplitSpec, make_split
from benchmark.stages.context import Context, Output
from benchmark.stages.data import dataset_of

VERSION = "1"


def run(context: Context) -> Output:
    """Columns fold, modality, part, row (in the data set), sample; in the order methods see."""
    dataset = dataset_of(context)
    spec = SplitSpec.model_validate(context.params["split"])
    split = make_split(dataset, spec, context.params["seed"])
    batches = [batch for fold in split.folds for batch in _batches(fold, dataset)]
    return Output(pa.Table.from_batches(batches), {"folds": [fold.name for fold in split.folds]})


def _batches(fold: Fold, dataset: Dataset) -> list[pa.RecordBatch]:
    slots = {
        (1, "train"): fold.train1,
        (1, "test"): fold.test1,
        (2, "train"): fold.train2,
        (2, "test"): fold.test2,
    }
    ids = {1: dataset.modality1.ids, 2: dataset.modality2.ids}
    return [
        pa.record_batch(
            {
                "fold": pa.array([fold.name] * len(rows), pa.string()),
                "modality": np.full(len(rows), modality, np.int8),
                "part": pa.array([part] * len(rows), pa.string()),
                "row": rows.astype(np.int64),
                "sample": pa.array(ids[modality][rows].tolist(), pa.string()),
            }
        )
        for (modality, part), rows in slots.items()
    ]

"""Draws the folds of a split and files them as row ids: every method sees the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmark.datasets import Dataset
from benchmark.datasets.splits import Fold, SplitSpec
from benchmark.datasets.splitter import make_split
from benchmark.stages.data import dataset_of
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.stage import Stage


@dataclass(frozen=True)
class Split(Stage):
    """The folds of a split, as row ids; reads `data`.

    Attributes:
        split: the split's spec.
        seed: of the grid.
    """

    kind: ClassVar = "split"
    version: ClassVar = "1"
    typical_seconds: ClassVar = 0.1
    takes_resources: ClassVar = False

    split: Mapping[str, Any]
    seed: int

    def run(self, context: Context) -> Output:
        """Columns fold, modality, part, row (in the data set), sample; in the order methods see."""
        dataset = dataset_of(context)
        spec = SplitSpec.model_validate(self.split)
        folds = make_split(dataset, spec, self.seed).folds
        batches = [batch for fold in folds for batch in _batches(fold, dataset)]
        return Output(pa.Table.from_batches(batches), {"folds": [fold.name for fold in folds]})


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


def ratios(table: pa.Table, folds: Sequence[str]) -> dict[str, float]:
    """Test rows / training rows of modality 1 for every fold of an artefact.

    Args:
        table: of a split.
        folds: the names of its folds.

    Raises:
        KeyError: a fold that is not in the table.
    """
    names, fold = _coded(table.column("fold"))
    parts, part = _coded(table.column("part"))
    first = np.concatenate([_numbers(chunk) for chunk in table.column("modality").chunks]) == 1
    test = np.array([name == "test" for name in parts], bool)[part]
    found = {}
    for tested in (False, True):
        counts = np.bincount(fold[first & (test == tested)], minlength=len(names))
        found[tested] = dict(zip(names, counts.tolist(), strict=True))
    return {name: found[True][name] / found[False][name] for name in folds}


def _coded(column: pa.ChunkedArray) -> tuple[list[str], NDArray[Any]]:
    """The values of a text column, and which of them every row has."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = coded.unify_dictionaries().combine_chunks()
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    indices = np.concatenate([_numbers(chunk.indices) for chunk in chunks])
    return chunks[0].dictionary.to_pylist(), indices


def _numbers(chunk: pa.Array) -> NDArray[Any]:
    """The numbers of an array without gaps; pyarrow's own way to NumPy imports pandas."""
    kind = np.dtype(str(chunk.type))
    return np.frombuffer(chunk.buffers()[1], kind, len(chunk), chunk.offset * kind.itemsize)

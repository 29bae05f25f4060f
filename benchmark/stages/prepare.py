"""Cuts one fold out of a data set and preprocesses it with statistics of its training rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmark.datasets.base import Features
from benchmark.datasets.facts import truths
from benchmark.datasets.preprocessing.pipeline import Pipeline, parse_steps
from benchmark.datasets.preprocessing.steps import Step
from benchmark.stages.data import dataset_of
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.stage import Stage
from benchmark.store.codecs import PARTS, Part, Slot, Vectors, vectors_to_table, with_vectors


@dataclass(frozen=True)
class Prepare(Stage):
    """Fold of a data set, preprocessed; reads `data` and `split`.

    Attributes:
        fold: its name.
        preprocess: the recipe of the steps of either modality.
    """

    kind: ClassVar = "prepare"
    version: ClassVar = "1"
    telling: ClassVar = ("fold",)
    typical_seconds: ClassVar = 0.2

    fold: str
    preprocess: Sequence[list[dict[str, Any]]]

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, x: what every method of this fold is given.

        Beside them stand the oracles' latents, where the data set has some, as they are.
        """
        dataset = dataset_of(context)
        table = context.artefact("split").table
        fold = table.filter(pc.equal(table.column("fold"), self.fold))
        slots: dict[Slot, Vectors] = {}
        truth: dict[str, dict[Slot, Features]] = {name: {} for name in truths(dataset)}
        features = []
        for modality, samples in ((1, dataset.modality1), (2, dataset.modality2)):
            cells = fold.filter(pc.equal(fold.column("modality"), modality))
            rows = {part: _rows(cells, part) for part in PARTS}
            pipeline = Pipeline(_steps(self.preprocess[modality - 1]))
            fitted, train = pipeline.fit_apply(samples.x[rows["train"]], samples.features)
            values = {"train": train, "test": fitted.apply(samples.x[rows["test"]])}
            features.append(list(fitted.features))
            for part, own in rows.items():
                slots[modality, part] = Vectors(samples.ids[own], samples.labels[own], values[part])
                for name, latents in truth.items():
                    latents[modality, part] = samples.truth[name][own]
        filed = vectors_to_table(slots, "x")
        for name, latents in truth.items():
            filed = with_vectors(filed, latents, name)
        return Output(filed, {"features": features, "paired": dataset.paired})


def _steps(recipe: list[dict[str, Any]]) -> tuple[Step, ...]:
    """Steps from a pipeline's recipe; the version stands there for the key alone."""
    return parse_steps([{k: v for k, v in step.items() if k != "version"} for step in recipe])


def _rows(table: pa.Table, part: Part) -> NDArray[np.int64]:
    rows: NDArray[np.int64] = table.filter(pc.equal(table.column("part"), part))["row"].to_numpy()
    return rows

"""Hides labels: merges those of a fold at random, so that methods see groups of two or three."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aligners.hidden import merged
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.surrogates.form import Form, labels_of
from benchmark.store.codecs import Vectors, vectors_to_table


@dataclass(frozen=True)
class Merge(Form):
    """The fold with merged labels; reads `fold`.

    Attributes:
        number: of the merge; another one draws other groups.
    """

    kind: ClassVar = "merge"

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, x, as of the fold; labels are groups."""
        fold = context.fold()
        groups = merged(labels_of(fold), context.seed)
        renamed = {
            slot: Vectors(
                vectors.ids,
                np.array([groups[str(label)] for label in vectors.labels], dtype=np.str_),
                vectors.values,
            )
            for slot, vectors in fold.items()
        }
        return Output(vectors_to_table(renamed, "x"), {"groups": groups})

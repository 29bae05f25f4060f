"""Hides labels: merges those of a fold at random, so that methods see groups of two or three."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from aligners.hidden import merged
from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage
from benchmark.store.codecs import Vectors, vectors_to_table

LEAST = 4
"""Labels that a fold must have, so that two groups are left."""


@dataclass(frozen=True)
class Merge(Stage):
    """The fold with merged labels; reads `fold`.

    Attributes:
        number: of the merge; another one draws other groups.
    """

    kind: ClassVar = "merge"
    version: ClassVar = "1"
    telling: ClassVar = ("number",)
    typical_seconds: ClassVar = 0.1
    takes_resources: ClassVar = False

    number: int

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:
        """The fold and the number: every method sees the same groups."""
        return {"fold": inputs["fold"].identity, "number": self.number}

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, x, as of the fold; labels are groups."""
        fold = context.fold()
        labels = np.unique(np.concatenate([vectors.labels for vectors in fold.values()]))
        groups = merged([str(label) for label in labels], context.seed)
        renamed = {
            slot: Vectors(
                vectors.ids,
                np.array([groups[str(label)] for label in vectors.labels], dtype=np.str_),
                vectors.values,
            )
            for slot, vectors in fold.items()
        }
        return Output(vectors_to_table(renamed, "x"), {"groups": groups})

"""Withholds perturbations: a fold whose training cells lack some labels, and these to test on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from benchmark.stages.graph.context import Context, Output
from benchmark.stages.graph.node import Node
from benchmark.stages.graph.stage import Stage
from benchmark.store.codecs import Vectors, vectors_to_table

_SHARE = 0.25


@dataclass(frozen=True)
class Withhold(Stage):
    """The fold without some labels in training, and with them alone, as one, in test.

    Reads `fold`.

    Attributes:
        number: of the draw; another one holds out other labels.
    """

    kind: ClassVar = "withhold"
    version: ClassVar = "1"
    telling: ClassVar = ("number",)
    typical_seconds: ClassVar = 0.1
    takes_resources: ClassVar = False

    number: int

    def draws(self, inputs: Mapping[str, Node]) -> dict[str, Any]:
        """The fold and the number: the same labels are held out from every method."""
        return {"fold": inputs["fold"].identity, "number": self.number}

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, x, as of the fold; test cells have one label."""
        fold = context.fold()
        labels = np.unique(np.concatenate([vectors.labels for vectors in fold.values()]))
        out = withheld([str(label) for label in labels], context.seed)
        kept = {}
        for (modality, part), vectors in fold.items():
            held = np.isin(vectors.labels, out)
            rows = held if part == "test" else ~held
            shown = vectors.labels[rows]
            if part == "test":
                shown = np.full(len(shown), "+".join(out))
            kept[modality, part] = Vectors(vectors.ids[rows], shown, vectors.values[rows])
        return Output(vectors_to_table(kept, "x"), {"withheld": out})


def withheld(labels: list[str], seed: int) -> list[str]:
    """A quarter of the labels, two at least, drawn by the seed.

    >>> withheld(["a", "b", "c", "d"], 1)
    ['a', 'b']
    """
    count = max(2, round(_SHARE * len(labels)))
    drawn = np.random.default_rng(seed).permutation(len(labels))[:count]
    return sorted(labels[place] for place in drawn)

"""Withholds perturbations: a fold whose training cells lack some labels, and these to test on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from benchmark.stages.graph.context import Context, Output
from benchmark.stages.surrogates.form import Form, labels_of
from benchmark.store.codecs import Vectors, vectors_to_table

_SHARE = 0.25


@dataclass(frozen=True)
class Withhold(Form):
    """The fold without some labels in training, and with them alone, as one, in test.

    Reads `fold`.

    Attributes:
        number: of the draw; another one holds out other labels.
    """

    kind: ClassVar = "withhold"

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, x, as of the fold; test cells have one label."""
        fold = context.fold()
        out = withheld(labels_of(fold), context.seed)
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

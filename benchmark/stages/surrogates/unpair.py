"""Unpairs cells: a fold with the labels of the real one, in which no cell has a partner."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmark.stages.graph.context import Context, Output
from benchmark.stages.surrogates.form import Form, labels_of
from benchmark.store.codecs import PARTS, Vectors, vectors_to_table

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Unpair(Form):
    """The fold with other residuals in modality 2; reads `fold`.

    A cell's residual is what it differs in from the mean of its label in its part. Even draws give
    each cell (a + b)/√2 of two residuals of its label, which keeps means and covariances. Odd ones
    give it a residual of another label, in a random cycle of all labels, which keeps the shape of
    the clouds: skewed or tied clouds can be matched well by cells that are no partners.

    Attributes:
        number: of the draw; it says which of the two is done.
    """

    kind: ClassVar = "unpair"

    def run(self, context: Context) -> Output:
        """Columns modality, part, sample, label, x, as of the fold."""
        fold = context.fold()
        rng = np.random.default_rng(context.seed)
        labels = labels_of(fold)
        order = rng.permutation(len(labels))
        giver = {labels[order[k - 1]]: labels[order[k]] for k in range(len(labels))}
        changed = dict(fold)
        for part in PARTS:
            cells = fold[2, part]
            x = cells.values.astype(np.float64)
            if self.number % 2:
                x = displaced(x, cells.labels, giver, rng)
            else:
                x = recombined(x, cells.labels, rng)
            changed[2, part] = Vectors(cells.ids, cells.labels, x.astype(np.float32))
        return Output(vectors_to_table(changed, "x"), {})


def recombined(x: Floats, labels: NDArray[np.str_], rng: np.random.Generator) -> Floats:
    """Features (n, k) whose residuals are (a + b)/√2 of two residuals of their label."""
    found = np.empty_like(x)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        mean = x[rows].mean(axis=0)
        first = rng.permutation(rows)
        found[rows] = mean + (x[first] + x[np.roll(first, 1)] - 2 * mean) / np.sqrt(2)
    return found


def displaced(
    x: Floats, labels: NDArray[np.str_], giver: dict[str, str], rng: np.random.Generator
) -> Floats:
    """Features (n, k) whose residuals are drawn from those of the label that gives them.

    Where that label has no cells here, as with one label left out, residuals are recombined:
    exchanged inside their own label they would be the real cells, in another order.
    """
    found = recombined(x, labels, rng)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        given = np.flatnonzero(labels == giver[str(label)])
        if not len(given):
            continue
        # Without repetition as far as there are enough: copies would be duplicates of cells.
        times = -(-len(rows) // len(given))
        drawn = np.concatenate([rng.permutation(given) for _ in range(times)])[: len(rows)]
        found[rows] = x[rows].mean(axis=0) + x[drawn] - x[given].mean(axis=0)
    return found

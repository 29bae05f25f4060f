"""Effect sizes of perturbations: how far their cells are from the control's."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from benchmark.datasets.public.screens.energy import energy_distances
from benchmark.runs.material.sampling import evenly
from benchmark.store.codecs import PARTS, Vectors, table_to_vectors
from benchmark.store.store import Store
from weakpair.errors import DataError, StoreError, UnknownNameError

MOST = 1000
"""Cells of a label and modality that enter a distance, evenly over the sorted ids."""


Effects = Mapping[tuple[str, str], Mapping[str, tuple[float, float]]]
"""Data set and variant → label → energy distances of modality 1 and 2 to the control."""


def effect_sizes(results: pd.DataFrame, store: Store, control: str) -> Effects:
    """Energy distances of all labels to a control, in the preprocessed features of a fold.

    The first fold of every data set and variant that some learner was fitted to serves; the split
    into training and test cells is of no account. Székely & Rizzo, 2013.

    Args:
        results: of runs.
        store: where their folds lie.
        control: the label of the unperturbed cells.

    Raises:
        UnknownNameError: no data set has such a label.
        StoreError: the store has no readable fold of the runs.
        DataError: no learner was fitted to any fold.
    """
    fitted = results[results["fit_key"].fillna("") != ""] if "fit_key" in results else results[:0]
    if fitted.empty:
        raise DataError("effect sizes need the cells of a fold that a learner was fitted to")
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    labels: dict[str, None] = {}
    for (dataset, variant), rows in fitted.groupby(["dataset", "variant"], sort=False):
        sides = [_cells(str(rows["fit_key"].iloc[0]), store, modality) for modality in (1, 2)]
        labels |= dict.fromkeys(np.unique(sides[0].labels).tolist())
        if all(control in side.labels for side in sides):
            first, second = (_distances(side, control) for side in sides)
            both = [name for name in first if name in second]
            found[str(dataset), str(variant)] = {name: (first[name], second[name]) for name in both}
    if not found:
        raise UnknownNameError("label", control, labels)
    return found


def _cells(fit_key: str, store: Store, modality: int) -> Vectors:
    """All cells of a modality in the fold of a fit."""
    try:
        fold = table_to_vectors(store.read(store.recipe(fit_key)["inputs"]["fold"]).table, "x")
    except StoreError as error:
        raise StoreError(
            f"{store.root} lacks folds of the run: name the run's store by --store ({error})"
        ) from error
    parts = [fold[1 if modality == 1 else 2, part] for part in PARTS]
    return Vectors(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.values for part in parts]),
    )


def _distances(cells: Vectors, control: str) -> dict[str, float]:
    groups = (np.flatnonzero(cells.labels == label) for label in np.unique(cells.labels))
    rows = np.concatenate([own[evenly(cells.ids[own], MOST)] for own in groups])
    return energy_distances(cells.values[rows], cells.labels[rows], control)

"""Latents of a fold's cells from a fitted learner that cannot tell which cells are partners.

The test cells of both modalities are the same cells. A learner that keeps what it mapped first, and
learns from both, would be told the pairing by the protocol. So each modality has its own copy.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.stages.graph.calls import given
from benchmark.store.codecs import Slot, Vectors
from learners.base import Learner
from weakpair.errors import MethodError
from weakpair.registry import Entry

TRANSDUCTIVE = "a cell's latents depend on the cells that are mapped with it"
"""Suspicion of a learner whose latents are not a function of the cell alone."""

_CLOSE = 1e-3  # of the latents' size; float32 products differ with the number of rows


def map_fold(
    entry: Entry[Any], learner: Learner, fold: Mapping[Slot, Vectors]
) -> dict[Slot, Vectors]:
    """Latents of every slot of a fold, each modality by a copy of the fitted learner.

    Raises:
        MethodError: the learner cannot be copied, or returns what are no latents.
    """
    copies = {modality: _copied(entry, learner) for modality in (1, 2)}
    return {slot: _mapped(entry, copies[slot[0]], slot, rows) for slot, rows in fold.items()}


def transduction(
    entry: Entry[Any],
    learner: Learner,
    fold: Mapping[Slot, Vectors],
    latents: Mapping[Slot, Vectors],
) -> str:
    """Say that a learner's latents depend on the other cells of a call; "" where they do not.

    Half of the test cells of either modality, in reverse, are mapped again by another copy. Only
    methods from outside are asked: ours are held to it by the tests of all learners.

    Raises:
        MethodError: as for `map_fold`.
    """
    if not entry.foreign:
        return ""
    for slot in ((1, "test"), (2, "test")):
        rows, known = fold[slot], latents[slot].values
        chosen = slice(None, None, -2)
        few = Vectors(rows.ids[chosen], rows.labels[chosen], rows.values[chosen])
        again = _mapped(entry, _copied(entry, learner), slot, few).values
        if again.shape[1] != known.shape[1]:
            return TRANSDUCTIVE
        size = float(np.abs(known).max(initial=0.0))
        if float(np.abs(again - known[chosen]).max(initial=0.0)) > _CLOSE * size:
            return TRANSDUCTIVE
    return ""


def _copied(entry: Entry[Any], learner: Learner) -> Learner:
    try:
        return copy.deepcopy(learner)
    except Exception as error:
        raise MethodError(
            f"learner {entry.name!r} cannot be copied ({type(error).__name__}: {error}); "
            "each modality is mapped by a copy of the fitted learner"
        ) from error


def _mapped(entry: Entry[Any], learner: Learner, slot: Slot, rows: Vectors) -> Vectors:
    """The latents of cells; the arrays are of their own, whatever the learner does next."""
    x = given(entry, rows).values
    z = learner.transform(x, modality=1 if slot[0] == 1 else 2)
    return Vectors(rows.ids, rows.labels, _checked(f"learner {entry.name!r}", z, len(rows.ids)))


def _checked(who: str, returned: Any, rows: int) -> NDArray[np.float32]:
    """Returned latents as an array that nobody else holds.

    Raises:
        MethodError: masked, complex or no numbers, of the wrong shape, NaN or infinite, also where
            only float32 makes them so.
    """
    if np.ma.is_masked(returned):
        raise MethodError(f"{who} returned latents with masked values")
    z = np.asarray(returned)
    if z.dtype.kind not in "biuf":
        raise MethodError(f"{who} returned latents of type {z.dtype}; they must be real numbers")
    if z.ndim != 2 or z.shape[0] != rows:
        raise MethodError(f"{who} returned latents of shape {z.shape} for {rows} rows")
    if not np.isfinite(z).all():
        raise MethodError(f"{who} returned NaN or infinite latents")
    with np.errstate(over="ignore"):
        stored = np.array(z, dtype=np.float32, order="C")
    if not np.isfinite(stored).all():
        raise MethodError(
            f"{who} returned latents up to {float(np.abs(z).max()):.1e}, too large for float32"
        )
    return stored

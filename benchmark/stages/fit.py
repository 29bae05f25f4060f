"""Fits a learner on the training rows of a fold and maps all rows to latents."""

import numpy as np

import learners
from benchmark.artefacts import Slot, Vectors, vectors_to_table
from benchmark.stages.context import Context, Output, true_pairs
from weakpair.errors import MethodError
from weakpair.registry import FEATURES

VERSION = "1"


def run(context: Context) -> Output:
    """Columns modality, part, sample, label, z; the learning curve stands in the facts."""
    name = context.params["learner"]
    entry = learners.REGISTRY.entry(name)
    fold = context.fold("x" if entry.reads == FEATURES else entry.reads)
    learner = entry.make(**context.params["params"])
    first, second = fold[1, "train"], fold[2, "train"]
    oracle = {"pairs": true_pairs(first, second)} if entry.needs_pairing else {}
    learner.fit(
        first.values,
        first.labels,
        second.values,
        second.labels,
        seed=context.stage.seed,
        device=context.device,
        **oracle,
    )
    latents: dict[Slot, Vectors] = {}
    for (modality, part), rows in fold.items():
        z = np.asarray(learner.transform(rows.values, modality=1 if modality == 1 else 2))
        latents[modality, part] = Vectors(rows.ids, rows.labels, _checked(name, z, len(rows.ids)))
    curve = {series: list(values) for series, values in learner.report_.curve.items()}
    return Output(
        vectors_to_table(latents, "z"), {"curve": curve, "facts": dict(learner.report_.facts)}
    )


def _checked(name: str, z: np.ndarray, rows: int) -> np.ndarray:
    if z.ndim != 2 or z.shape[0] != rows:
        raise MethodError(f"learner {name!r} returned latents of shape {z.shape} for {rows} rows")
    if not np.isfinite(z).all():
        raise MethodError(f"learner {name!r} returned NaN or infinite latents")
    return z.astype(np.float32, copy=False)

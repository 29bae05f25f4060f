"""Results as a shipped grid would leave them, with random scores: names and places are real."""

from collections.abc import Iterable, Iterator
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

import aligners
import learners
from benchmark.datasets.splits import SplitSpec
from benchmark.grids.reading.files import read_grid
from benchmark.grids.spec import GridSpec, MethodSpec, validate_grid
from tables.documents import DocumentRun
from tables.page.material import RunRecord
from tables.results import checked
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import Task

UNITS = 2
"""Replicates, or folds where there is one replicate: as few as tests across them need."""

IMPUTATION = ("mse", "cos-sim")
"""Scores of imputations that notes ask for; the others would only take time."""


def synthetic_run(name: str) -> DocumentRun:
    """The run of the shipped grid of that name."""
    spec = validate_grid(read_grid(name))
    drawn = np.random.default_rng(crc32(name.encode()))
    rows = pd.DataFrame(row for part in spec.parts for row in _rows(part))
    rows["value"] = drawn.uniform(0.1, 0.9, len(rows))
    gaps = dict(zip(rows["fit_key"], drawn.uniform(0, 1, len(rows)), strict=True))
    stages = pd.DataFrame(
        [("fit", "lda", "done", 1.5, 100.0, "", "")],
        columns=["kind", "what", "status", "seconds", "peak_rss_mb", "error", "log"],
    )
    record = RunRecord(name, stages, {"ended": "2026-01-01", "processor": "a processor"}, "")
    by_label = _by_label(rows) if any(part.metrics for part in spec.parts) else None
    return DocumentRun(checked(rows), record, lambda key: {"gap": gaps[key]}, by_label)


def _by_label(rows: pd.DataFrame) -> pd.DataFrame:
    """Scores of two labels for each over all; only where a grid names its metrics, to save time."""
    columns = ["score_key", "metric", "value"]
    return pd.concat([rows[columns].assign(label=label) for label in "ab"], ignore_index=True)


def _rows(grid: GridSpec) -> Iterator[dict[str, Any]]:
    for entry in grid.datasets:
        if entry.replicate >= UNITS:
            continue
        for split in grid.splits:
            for fold in _folds(split):
                place = {
                    "dataset": entry.data.name,
                    "variant": entry.variant,
                    "replicate": entry.replicate,
                    "split": split.words,
                    "training_cells": split.training_cells,
                    "fold": fold,
                    "test_to_train": 0.25,
                    "converged": True,
                }
                yield from _scores(grid, place)


def _folds(split: SplitSpec) -> list[str]:
    count = split.folds if split.kind == "kfold" else split.repeats
    return [f"fold-{number}" for number in range(min(count, UNITS))]


def _scores(grid: GridSpec, place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for task in grid.tasks:
        pairs = _probed(grid) if task == "probe" else _combined(grid)
        for learner, aligner, role in pairs:
            for metric in _metrics(grid, task):
                yield {
                    **place,
                    "learner": learner,
                    "aligner": aligner,
                    "role": role,
                    "task": task,
                    "target": 1 if task == "imputation" else 0,
                    "metric": metric,
                    "higher_is_better": METRICS.entry(metric).higher_is_better,
                    "fit_key": "/".join(map(str, (*place.values(), learner))),
                    "score_key": "/".join(map(str, (*place.values(), learner, aligner))),
                }


def _metrics(grid: GridSpec, task: Task) -> Iterable[str]:
    if task == "imputation" and grid.metrics is None:
        return IMPUTATION
    return METRICS.versions(task, grid.metrics)


def _probed(grid: GridSpec) -> Iterator[tuple[str, str, str]]:
    for learner in grid.learners:
        yield _shown(learner), "-", _role(learners.REGISTRY.entry(learner.name))


def _combined(grid: GridSpec) -> Iterator[tuple[str, str, str]]:
    for aligner in grid.aligners:
        plan = aligners.REGISTRY.entry(aligner.name)
        if not plan.uses_latents:
            yield "-", _shown(aligner), _role(plan)
            continue
        for learner in grid.learners:
            if learner.aligners is None or aligner.name in learner.aligners:
                yield _shown(learner), _shown(aligner), _role(learners.REGISTRY.entry(learner.name))


def _shown(method: MethodSpec) -> str:
    return method.label or method.name


def _role(entry: Any) -> str:
    return "oracle" if entry.needs_pairing or entry.reads != "features" else str(entry.role)

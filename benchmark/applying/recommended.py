"""The combination that a run puts first, and the data that it was computed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmark.applying.matching import Methods
from benchmark.datasets.preprocessing.pipeline import Pipeline
from benchmark.grids.spec import DatasetEntry, GridSpec
from benchmark.runs.folder import RunFolder
from weakpair.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.datasets import DatasetSpec

TASKS = ("matching", "imputation", "surrogate")


@dataclass(frozen=True)
class Recommended:
    """The recommendation of a run.

    Attributes:
        spec: the data set.
        methods: what came first.
        pipelines: how its modalities were preprocessed.
        scores: its mean scores by metric.
        reason: in one line.
    """

    spec: DatasetSpec
    methods: Methods
    pipelines: tuple[Pipeline, Pipeline]
    scores: dict[str, float]
    reason: str


def recommended(run: RunFolder, task: str, dataset: str | None = None) -> Recommended:
    """The first of a run's ranking.

    Args:
        run: a finished run.
        task: whose ranking counts, one of TASKS.
        dataset: which data set, where the run has several.

    Raises:
        ConfigError: an unknown task, or a data set that the run does not have.
        DataError: the run ranks nothing there.
    """
    import tables

    if task not in TASKS:
        raise ConfigError(f"--best {task!r}: use {', '.join(TASKS)}")
    entry = _entry(run.grid, dataset)
    name = entry.data.name
    results = tables.load_results([run.path])
    own = results[(results["task"] == task) & (results["dataset"] == name)]
    if own.empty:
        raise DataError(f"{run.path}: no scores of the task {task} for {name}")
    method, methods = _first(own, task, run.grid)
    learner, aligner = method.split(" + ")
    scores = own[(own["learner"] == learner) & (own["aligner"] == aligner)]
    means = scores.groupby("metric")["value"].mean().dropna()
    return Recommended(
        entry.data,
        methods,
        (Pipeline(entry.data.modality1.preprocess), Pipeline(entry.data.modality2.preprocess)),
        {str(metric): float(value) for metric, value in means.items()},
        f"{method} comes first in {task} of {run.path}",
    )


def _entry(grid: GridSpec, name: str | None) -> DatasetEntry:
    entries = [entry for part in grid.parts for entry in part.datasets]
    known = sorted({entry.data.name for entry in entries})
    if name is None and len(known) == 1:
        name = known[0]
    if name not in known:
        raise ConfigError(f"--dataset {name!r}: the run has {', '.join(known)}; name one")
    own = [entry for entry in entries if entry.data.name == name]
    if any(entry.data != own[0].data for entry in own):
        raise ConfigError(
            f"{name} stands for {len(own)} data sets in this run, its variants and replicates; "
            "apply takes one: give --data, --learner and --aligner"
        )
    return own[0]


def _first(results: pd.DataFrame, task: str, grid: GridSpec) -> tuple[str, Methods]:
    """The ranked combination with the best mean rank; ensembles are nothing to be fitted."""
    import tables

    for table in tables.build(results, task):
        for row in (row for group in table.groups for row in group.rows):
            method, rank = row.cells[0].display, row.cells[1].value
            known = _methods(grid, method) if rank is not None else None
            if known is not None:
                return method, known
    raise DataError(f"nothing is ranked in {task}; its scores are not defined or incomplete")


def _methods(grid: GridSpec, shown: str) -> Methods | None:
    """Names and parameters of a learner and an aligner by the names that tables show."""
    learners = {m.shown: m for part in grid.parts for m in part.learners}
    aligners = {m.shown: m for part in grid.parts for m in part.aligners}
    learner, _, aligner = shown.partition(" + ")
    if learner not in learners or aligner not in aligners:
        return None
    one, two = learners[learner], aligners[aligner]
    return Methods(one.name, two.name, dict(one.params), dict(two.params))

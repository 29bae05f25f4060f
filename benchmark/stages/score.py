"""Scores a plan (matching) or predictions (imputation) on the test cells of a fold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmark.datasets.simulated import SHARED
from benchmark.metrics import ImputationCase, MatchingCase
from benchmark.metrics import Score as MetricScore
from benchmark.metrics.by_label import LabelScore, imputation_by_label, matching_by_label
from benchmark.metrics.scoring import Case, known, scores
from benchmark.stages.graph.calls import called
from benchmark.stages.graph.context import Context, Output, true_pairs
from benchmark.stages.graph.stage import Stage
from weakpair.vocabulary.metric import Metric
from weakpair.vocabulary.metrics import METRICS
from weakpair.vocabulary.tasks import Task


class MetricStage(Stage):
    """Stage that leaves the scores of a point, by the metrics that its key names."""

    column: ClassVar = "score_key"
    catalogue: ClassVar = METRICS
    metrics: Mapping[str, int | str]

    def methods(self) -> Iterator[Metric]:
        """The metrics."""
        return map(METRICS.entry, self.metrics)


@dataclass(frozen=True)
class Score(MetricStage):
    """The metrics of a plan (matching) or of predictions (imputation), over all and by label.

    Reads `fold`, and `plan` or `prediction`; and `latents`, if a metric looks at them.

    Attributes:
        task: "matching" or "imputation".
        paired: whether test cells are scored as true pairs.
        metrics: name → version of every metric.
        knn: neighbours in metrics of imputation, None for matching.
        most: cells that metrics of all pairs of cells look at, None for all.
    """

    kind: ClassVar = "score"
    version: ClassVar = "2"
    telling: ClassVar = ("task",)
    typical_seconds: ClassVar = 0.03

    task: Task
    paired: bool
    metrics: Mapping[str, int | str]
    knn: int | None = None
    most: int | None = None

    def run(self, context: Context) -> Output:
        """Columns metric, value, higher_is_better, note, and label, cells: "", 0 over all."""
        return self._matching(context) if self.task == "matching" else self._imputation(context)

    def _matching(self, context: Context) -> Output:
        fold, plan = context.fold(), context.plan()
        first, second = fold[1, "test"], fold[2, "test"]
        pairs = true_pairs(first, second) if self.paired else None
        case = MatchingCase.of(plan, first.values, second.values, pairs)
        if any(metric.needs_truth for metric in self.methods()):
            case = replace(case, latents=_true_latents(context))
        if "latents" in context.node.inputs:
            case = replace(case, learnt=_learnt_latents(context))
        labels = first.labels[case.rows]
        parts = matching_by_label(case, labels, known(self.metrics), _called, self.most)
        table = with_labels(scored(case, self.metrics, self.most), parts)
        return Output(table, {"converged": plan.converged})

    def _imputation(self, context: Context) -> Output:
        assert self.knn is not None
        fold, artefact = context.fold(), context.artefact("prediction")
        ((target, _), predicted), *_ = context.vectors("prediction", "x").items()
        truth = fold[target, "test"]
        facts = {"converged": bool(artefact.facts["converged"])}
        i, j = np.arange(len(truth.ids)), np.arange(len(predicted.ids))
        if self.paired:
            i, j = true_pairs(truth, predicted)
        case = ImputationCase.of(truth.values[i], predicted.values[j], self.knn, paired=self.paired)
        parts = imputation_by_label(
            case, truth.labels[i], predicted.labels[j], known(self.metrics), _called, self.most
        )
        return Output(with_labels(scored(case, self.metrics, self.most), parts), facts)


def _true_latents(context: Context) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """True latents of the test cells of either modality, if the data set knows them."""
    try:
        fold = context.fold(SHARED)
    except KeyError:
        return None
    return fold[1, "test"].values, fold[2, "test"].values


def _learnt_latents(context: Context) -> tuple[NDArray[Any], NDArray[Any]]:
    """The learner's latents of the test cells of either modality."""
    latents = context.vectors("latents", "z")
    one, two = (latents[modality, "test"].values.astype(np.float64) for modality in (1, 2))
    return one, two


def scored(case: Case, metrics: Iterable[str], most: int | None = None) -> pa.Table:
    """The scores of the metrics that the stage's key names; metrics from outside are watched."""
    return scores_to_table(scores(case, known(metrics), _called, most))


def _called(metric: Metric) -> AbstractContextManager[None]:
    return called("metric", metric)


def with_labels(whole: pa.Table, parts: Sequence[LabelScore]) -> pa.Table:
    """Scores over all cells, then those by label, which say it and how many cells it has."""
    by_label = scores_to_table([part.score for part in parts])
    labels = [""] * len(whole) + [part.label for part in parts]
    cells = [0] * len(whole) + [part.cells for part in parts]
    table = pa.concat_tables([whole, by_label])
    table = table.append_column("label", pa.array(labels, pa.string()))
    return table.append_column("cells", pa.array(cells, pa.int64()))


def scores_to_table(scores: Sequence[MetricScore]) -> pa.Table:
    """Table of scores with a row per metric, as every scoring stage leaves it."""
    return pa.table(
        {
            "metric": pa.array([score.metric for score in scores], pa.string()),
            "value": pa.array([score.value for score in scores], pa.float64()),
            "higher_is_better": pa.array([score.higher_is_better for score in scores], pa.bool_()),
            "note": pa.array([score.note for score in scores], pa.string()),
        }
    )

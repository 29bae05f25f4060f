"""Scores a plan (matching) or predictions (imputation) on the test cells of a fold."""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from benchmark.metrics import ImputationCase, MatchingCase, Score
from benchmark.metrics.scoring import Case, known, scores
from benchmark.stages.calls import called
from benchmark.stages.context import Context, Output, true_pairs

VERSION = "1"


def run(context: Context) -> Output:
    """Columns metric, value, higher_is_better, note."""
    task = context.params["task"]
    return _matching(context) if task == "matching" else _imputation(context)


def _matching(context: Context) -> Output:
    fold, plan = context.fold(), context.plan()
    first, second = fold[1, "test"], fold[2, "test"]
    pairs = true_pairs(first, second) if context.params["paired"] else None
    case = MatchingCase.of(plan, first.values, second.values, pairs)
    return Output(scored(case, context.params["metrics"]), {"converged": plan.converged})


def _imputation(context: Context) -> Output:
    fold, artefact = context.fold(), context.artefact("prediction")
    ((target, _), predicted), *_ = context.vectors("prediction", "x").items()
    truth = fold[target, "test"]
    facts = {"converged": bool(artefact.facts["converged"])}
    observed, imputed, paired = truth.values, predicted.values, bool(context.params["paired"])
    if paired:
        i, j = true_pairs(truth, predicted)
        observed, imputed = observed[i], imputed[j]
    case = ImputationCase.of(observed, imputed, context.params["knn"], paired=paired)
    return Output(scored(case, context.params["metrics"]), facts)


def scored(case: Case, metrics: Iterable[str]) -> pa.Table:
    """The scores of the metrics that the stage's key names; metrics from outside are watched."""
    return scores_to_table(scores(case, known(metrics), lambda one: called("metric", one)))


def scores_to_table(scores: Sequence[Score]) -> pa.Table:
    """One row per metric: what every scoring stage leaves."""
    return pa.table(
        {
            "metric": pa.array([score.metric for score in scores], pa.string()),
            "value": pa.array([score.value for score in scores], pa.float64()),
            "higher_is_better": pa.array([score.higher_is_better for score in scores], pa.bool_()),
            "note": pa.array([score.note for score in scores], pa.string()),
        }
    )

"""The metrics by name, and scores computed with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, isnan, nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from benchmark.metrics import imputation_scores, matching, probe_scores
from benchmark.metrics.cases import (
    NO_PAIRS,
    OVERFLOW,
    ImputationCase,
    MatchingCase,
    Pairs,
    UndefinedScoreError,
)
from benchmark.metrics.probe_cases import ProbeCase
from weakpair.errors import UnknownNameError
from weakpair.registry import canonical_name

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Task = Literal["matching", "imputation", "probe"]


@dataclass(frozen=True)
class Score:
    """A metric's value, or NaN with the reason why there is none in `note`."""

    metric: str
    value: float
    higher_is_better: bool
    note: str = ""

    def __post_init__(self) -> None:
        if isnan(self.value) and not self.note:
            raise ValueError(f"{self.metric}: a value of NaN needs a note that says why")


@dataclass(frozen=True)
class Metric:
    """A metric, how it is displayed and read, and where it is defined.

    `function` takes a `MatchingCase`, an `ImputationCase` or a `ProbeCase`, as the task says. A
    metric that `needs_pairing` is not defined on data without true pairs. Raise `version` whenever
    a change of the code changes values: names and versions stand in the keys of scores.
    """

    name: str
    label: str
    task: Task
    higher_is_better: bool
    summary: str
    source: str
    needs_pairing: bool
    function: Callable[[Any], float]
    version: int = 1

    def score(self, case: MatchingCase | ImputationCase | ProbeCase) -> Score:
        """Compute the metric on a case of its task."""
        if self.needs_pairing and not case.paired:
            return Score(self.name, nan, self.higher_is_better, NO_PAIRS)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                value = self.function(case)
        except UndefinedScoreError as reason:
            return Score(self.name, nan, self.higher_is_better, str(reason))
        if isfinite(value):
            return Score(self.name, value, self.higher_is_better)
        return Score(self.name, nan, self.higher_is_better, OVERFLOW)


_ALL = (
    Metric(
        "trace",
        "Trace",
        "matching",
        True,
        "mean weight on the true partner in the row-normalised plan",
        "GROOVE, Appendix F, Eq. 11",
        True,
        matching.trace,
    ),
    Metric(
        "foscttm",
        "Bary. FOSCTTM",
        "matching",
        False,
        "fraction of cells closer to the barycentric projection than the true match, symmetric; "
        "rewards blur: compare with label-uniform",
        "GROOVE, Appendix F, Eq. 12",
        True,
        matching.bary_foscttm,
    ),
    Metric(
        "mse",
        "MSE",
        "imputation",
        False,
        "mean squared error over cells and features",
        "GROOVE, Appendix F, Eq. 13",
        True,
        imputation_scores.mse,
    ),
    Metric(
        "cos-sim",
        "Cos-sim",
        "imputation",
        True,
        "cosine of each feature across cells, mean over features",
        "GROOVE, Appendix F, Eq. 15",
        True,
        imputation_scores.cosine,
    ),
    Metric(
        "knn-recall",
        "KNN Recall",
        "imputation",
        True,
        "share of the true nearest neighbours that the predictions keep",
        "GROOVE, Appendix F, Eq. 16",
        True,
        imputation_scores.knn_recall,
    ),
    Metric(
        "knn-pr",
        "KNN PR",
        "imputation",
        True,
        "average precision of the predicted nearest neighbours",
        "GROOVE, Appendix F, Eq. 17",
        True,
        imputation_scores.knn_average_precision,
    ),
    Metric(
        "knn-roc",
        "KNN ROC",
        "imputation",
        True,
        "area under the ROC curve of the predicted nearest neighbours",
        "GROOVE, Appendix F, Eq. 18",
        True,
        imputation_scores.knn_roc_auc,
    ),
    Metric(
        "wd",
        "WD",
        "imputation",
        False,
        "1-Wasserstein distance of each feature, mean over features",
        "GROOVE, Appendix F, Eq. 14",
        False,
        imputation_scores.wasserstein,
    ),
    *(
        Metric(name, label, "probe", True, summary, source, False, function)
        for name, label, summary, source, function in probe_scores.FUNCTIONS
    ),
)
METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})


def names(task: Task | None = None) -> list[str]:
    """Names of the metrics (of one task), in the papers' column order."""
    return [name for name, metric in METRICS.items() if task in (None, metric.task)]


def versions(task: Task) -> dict[str, int]:
    """Names and versions of a task's metrics: what the key of a score says of them."""
    return {name: METRICS[name].version for name in names(task)}


def get(name: str) -> Metric:
    """Return the metric of that name.

    Raises:
        UnknownNameError: with the nearest known name.
    """
    name = canonical_name(name, METRICS)
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]


def score_matching(
    plan: "Plan", x1: ArrayLike, x2: ArrayLike, pairs: Pairs | None
) -> tuple[Score, ...]:
    """All matching metrics of a plan of test cells.

    Args:
        plan: shape (n1, n2).
        x1: features of modality 1, (n1, k1).
        x2: features of modality 2, (n2, k2).
        pairs: rows and columns of the true pairs, (p,) each; None or empty if there are none.

    Raises:
        ParameterError: the plan's shape is not that of the features.
        DataError: non-finite features, or pairs that are not one cell to one cell.
    """
    case = MatchingCase.of(plan, x1, x2, pairs)
    return tuple(METRICS[name].score(case) for name in names("matching"))


def score_imputation(
    truth: ArrayLike, prediction: ArrayLike, *, k: int = 10, paired: bool = True
) -> tuple[Score, ...]:
    """All imputation metrics of predicted features of test cells.

    Args:
        truth: observed features, (n, d).
        prediction: predicted features, (n, d); row i is the cell of row i of `truth`.
        k: neighbours in the KNN graphs.
        paired: False where the data set has no true pairs: only the distributions are compared,
            and `prediction` may have another number of rows.

    Raises:
        ParameterError: k < 1, or shapes that do not fit each other.
        DataError: non-finite values in the truth.
        MethodError: non-finite values in the prediction.
    """
    case = ImputationCase.of(truth, prediction, k, paired=paired)
    return tuple(METRICS[name].score(case) for name in names("imputation"))


def score_probe(case: ProbeCase) -> tuple[Score, ...]:
    """All metrics of embeddings, of training and test cells of one fold."""
    return tuple(METRICS[name].score(case) for name in names("probe"))

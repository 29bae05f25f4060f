"""Scores: metrics computed on cases."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from benchmark.metrics.cases import (
    NO_PAIRS,
    OVERFLOW,
    ImputationCase,
    MatchingCase,
    Pairs,
    UndefinedScoreError,
)
from benchmark.metrics.probe_cases import ProbeCase
from benchmark.metrics.surrogates.cases import SurrogateCase
from weakpair.errors import MethodError
from weakpair.vocabulary.metrics import METRICS, Metric

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Case = MatchingCase | ImputationCase | SurrogateCase | ProbeCase


class Around(Protocol):
    """A context in which a metric is called."""

    def __call__(self, metric: Metric) -> AbstractContextManager[None]:
        """Enter it for this metric."""


def plainly(metric: Metric) -> AbstractContextManager[None]:  # noqa: ARG001
    """No context at all."""
    return nullcontext()


@dataclass(frozen=True)
class Score:
    """A metric's value, or NaN with the reason why there is none in `note`.

    The note of a value says on which part of the cells it was computed, "" for all.
    """

    metric: str
    value: float
    higher_is_better: bool
    note: str = ""

    def __post_init__(self) -> None:
        if isnan(self.value) and not self.note:
            raise ValueError(f"{self.metric}: a value of NaN needs a note that says why")


class Thinned:
    """A case, and the part of its cells that metrics of all pairs of cells look at.

    Args:
        case: all cells.
        most: cells of that part, None for all.
    """

    def __init__(self, case: Case, most: int | None = None) -> None:
        self._case, self._part, self._note = case, case, ""
        if most is None or not isinstance(case, MatchingCase | ImputationCase):
            return
        if case.size > most:
            self._part = case.thinned(most)
            self._note = f"on {most:,} of {case.size:,} cells, evenly taken"

    def score(self, metric: Metric) -> Score:
        """The score of the cells that the metric looks at; errors as of `score`."""
        if metric.quadratic:
            return score(metric, self._part, self._note)
        return score(metric, self._case)


def score(metric: Metric, case: Case, note: str = "") -> Score:
    """Compute a metric on a case of its task; `note` says on which part of the cells.

    Raises:
        ParameterError: its function cannot be imported.
        UnknownNameError: its module has no such function.
        MethodError: the function of another package raises, or gives no number.
    """
    if metric.needs_pairing and not case.paired:
        return Score(metric.name, nan, metric.higher_is_better, NO_PAIRS)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            value = _foreign(metric, case) if metric.foreign else _value(metric, case)
    except UndefinedScoreError as reason:
        return Score(metric.name, nan, metric.higher_is_better, str(reason))
    if isfinite(value):
        return Score(metric.name, value, metric.higher_is_better, note)
    return Score(metric.name, nan, metric.higher_is_better, OVERFLOW)


def scores(
    case: Case, metrics: Iterable[Metric], around: Around = plainly, most: int | None = None
) -> tuple[Score, ...]:
    """Compute metrics on a case, each inside the context that `around` gives for it.

    Metrics of all pairs of cells look at `most` of the cells, evenly taken; None for all.
    """
    found, thinned = [], Thinned(case, most)
    for metric in metrics:
        with around(metric):
            found.append(thinned.score(metric))
    return tuple(found)


def known(names: Iterable[str]) -> Sequence[Metric]:
    """The metrics of these names, in the order of columns.

    Raises:
        UnknownNameError: with the nearest known name.
    """
    return [METRICS.entry(name) for name in METRICS.in_order(names)]


def _value(metric: Metric, case: Case) -> float:
    return float(metric.found()(case, **dict(metric.fixed)))


def _foreign(metric: Metric, case: Case) -> float:
    """The value of another package's metric, whose failures name it."""
    function = metric.found()
    try:
        return float(function(case, **dict(metric.fixed)))
    except UndefinedScoreError:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise MethodError(f"metric {metric.name!r} ({metric.target}) raised {why}") from error


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
    return scores(MatchingCase.of(plan, x1, x2, pairs), METRICS.of("matching"))


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
    return scores(case, METRICS.of("imputation"))


def score_probe(case: ProbeCase) -> tuple[Score, ...]:
    """All metrics of embeddings, of training and test cells of one fold."""
    return scores(case, METRICS.of("probe"))

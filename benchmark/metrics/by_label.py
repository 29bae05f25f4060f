"""Scores perturbation by perturbation: a metric among the cells of one label alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import ImputationCase, MatchingCase
from benchmark.metrics.scoring import Around, Score, Thinned, plainly
from weakpair.errors import MethodError
from weakpair.vocabulary.metric import Metric

Labels = NDArray[np.str_]


@dataclass(frozen=True)
class LabelScore:
    """A metric's score among the cells of one label; `cells` true ones were scored."""

    label: str
    cells: int
    score: Score


@dataclass(frozen=True)
class _Part:
    label: str
    cells: int
    case: MatchingCase | ImputationCase


def matching_by_label(
    case: MatchingCase,
    labels: Labels,
    metrics: Sequence[Metric],
    around: Around = plainly,
    most: int | None = None,
) -> list[LabelScore]:
    """Scores of a plan on the pairs of each label; distances are among these pairs.

    Trace over all pairs is the mean of the labels' traces, weighted by their pairs.

    Args:
        case: the plan and all pairs.
        labels: of the pairs, (p,).
        metrics: of matching.
        around: context in which a metric is called.
        most: cells of a label that metrics of all pairs of cells look at; None for all.
    """
    parts = (
        _Part(label, len(pairs), case.only(pairs))
        for label, pairs in _rows_by_label(labels).items()
    )
    return list(_scores(parts, metrics, around, most))


def imputation_by_label(
    case: ImputationCase,
    truth: Labels,
    prediction: Labels,
    metrics: Sequence[Metric],
    around: Around = plainly,
    most: int | None = None,
) -> list[LabelScore]:
    """Scores of predictions on the cells of each label; neighbours are among these cells.

    MSE over all cells is the mean of the labels' errors, weighted by their cells.

    Args:
        case: all cells.
        truth: labels of the true cells, (n,).
        prediction: labels of the predicted cells, (m,); labels without one are left out.
        metrics: of imputation.
        around: context in which a metric is called.
        most: cells of a label that metrics of all pairs of cells look at; None for all.
    """
    predicted = _rows_by_label(prediction)
    parts = (
        _Part(label, len(rows), case.only(rows, predicted[label]))
        for label, rows in _rows_by_label(truth).items()
        if label in predicted
    )
    return list(_scores(parts, metrics, around, most))


def _rows_by_label(labels: Labels) -> dict[str, NDArray[np.int64]]:
    if not len(labels):
        return {}
    known, codes = np.unique(labels, return_inverse=True)
    order = np.argsort(codes, kind="stable").astype(np.int64)
    ends = np.cumsum(np.bincount(codes, minlength=len(known)))[:-1]
    return dict(zip(known.tolist(), np.split(order, ends), strict=True))


def _scores(
    parts: Iterator[_Part], metrics: Sequence[Metric], around: Around, most: int | None
) -> Iterator[LabelScore]:
    for part in parts:
        thinned = Thinned(part.case, most)
        for metric in metrics:
            with around(metric):
                yield LabelScore(part.label, part.cells, _of_part(metric, thinned))


def _of_part(metric: Metric, case: Thinned) -> Score:
    """The score; a metric from outside that fails on few cells costs no other score."""
    try:
        return case.score(metric)
    except MethodError as error:
        return Score(metric.name, nan, metric.higher_is_better, str(error))

"""Laws of scores by label: parts of a whole, and nothing but the cells of the label."""

from math import isnan

import numpy as np
import pytest
from numpy.typing import NDArray

from aligners.plan.plan import Plan
from benchmark.metrics import ImputationCase, MatchingCase
from benchmark.metrics.by_label import LabelScore, imputation_by_label, matching_by_label
from benchmark.metrics.scoring import score
from tests.benchmark.metrics.plans import dense
from weakpair.vocabulary.metric import Metric
from weakpair.vocabulary.metrics import METRICS

RNG = np.random.default_rng(0)
LABELS = np.array(["b"] * 7 + ["a"] * 5 + ["c"] * 1)
SIZES = {"a": 5, "b": 7, "c": 1}
N = len(LABELS)
X1, X2 = RNG.normal(size=(N, 4)), RNG.normal(size=(N, 3))
MATCHING, IMPUTATION = METRICS.of("matching"), METRICS.of("imputation")


def inside() -> NDArray[np.float64]:
    """Weights inside labels alone."""
    weights = RNG.random((N, N)) * (LABELS[:, None] == LABELS)
    weights /= weights.sum()
    return np.asarray(weights)


def case(weights: NDArray[np.float64]) -> MatchingCase:
    order = np.arange(N)
    return MatchingCase.of(plan(weights), X1, X2, (order, order))


def plan(weights: NDArray[np.float64]) -> Plan:
    return dense(weights)


def values(found: list[LabelScore], metric: str) -> dict[str, float]:
    return {one.label: one.score.value for one in found if one.score.metric == metric}


def test_traces_of_labels_average_to_the_trace() -> None:
    whole = case(RNG.random((N, N)))
    found = matching_by_label(whole, LABELS, MATCHING)
    assert {one.label: one.cells for one in found} == SIZES
    traces = values(found, "trace")
    mean = sum(SIZES[label] * trace for label, trace in traces.items()) / N
    assert mean == pytest.approx(score(METRICS.entry("trace"), whole).value)


def test_errors_of_labels_average_to_the_error() -> None:
    whole = ImputationCase.of(X1, X1 + RNG.normal(size=X1.shape), 3, paired=True)
    found = imputation_by_label(whole, LABELS, LABELS, IMPUTATION)
    errors = values(found, "mse")
    mean = sum(SIZES[label] * error for label, error in errors.items()) / N
    assert mean == pytest.approx(score(METRICS.entry("mse"), whole).value)


def test_a_label_scores_as_if_there_were_no_other() -> None:
    """A plan inside labels, cut to one of them, has the same scores as that label."""
    weights = inside()
    found = matching_by_label(case(weights), LABELS, MATCHING)
    for label in ("a", "b"):
        own = np.flatnonzero(label == LABELS)
        order = np.arange(len(own))
        block = weights[np.ix_(own, own)]
        alone = MatchingCase.of(plan(block / block.sum()), X1[own], X2[own], (order, order))
        for metric in MATCHING:
            assert values(found, metric.name)[label] == pytest.approx(score(metric, alone).value)
    whole = ImputationCase.of(X1, X1 + RNG.normal(size=X1.shape), 3, paired=True)
    parts = imputation_by_label(whole, LABELS, LABELS, IMPUTATION)
    own = np.flatnonzero(LABELS == "b")
    alone_ = ImputationCase.of(X1[own], whole.prediction[own], 3, paired=True)
    for metric in IMPUTATION:
        assert values(parts, metric.name)["b"] == pytest.approx(score(metric, alone_).value)


def test_what_a_single_cell_cannot_tell_says_why() -> None:
    found = matching_by_label(case(inside()), LABELS, MATCHING)
    (single,) = (s for s in found if s.label == "c" and s.score.metric == "foscttm")
    assert isnan(single.score.value)
    assert "one true pair leaves no other cell" in single.score.note


def fails_on_few(case: MatchingCase) -> float:
    """A metric of somebody else's that cannot do with few pairs."""
    if len(case.rows) < 6:
        raise ZeroDivisionError("too few")
    return 1.0


def test_a_metric_from_outside_that_fails_on_few_cells_costs_no_other() -> None:
    theirs = Metric(
        name="theirs",
        target=f"{__name__}:fails_on_few",
        summary="",
        label="Theirs",
        task="matching",
        higher_is_better=True,
    )
    found = matching_by_label(case(inside()), LABELS, [*MATCHING, theirs])
    told = values(found, "theirs")
    assert told["b"] == 1.0
    assert isnan(told["a"])
    assert all(np.isfinite(value) for value in values(found, "trace").values())


def test_unpaired_cells_are_compared_label_by_label() -> None:
    whole = ImputationCase.of(X1, X1[3:], 3, paired=False)
    found = imputation_by_label(whole, LABELS, LABELS[3:], IMPUTATION)
    distances = values(found, "wd")
    assert distances["a"] == pytest.approx(0)
    assert distances["b"] > 0
    assert all(isnan(value) for value in values(found, "mse").values())


def test_without_a_pair_there_is_no_score_by_label() -> None:
    nobody = MatchingCase.of(plan(inside()), X1, X2, None)
    assert matching_by_label(nobody, LABELS[:0], MATCHING) == []

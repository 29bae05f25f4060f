"""Metrics under attack: what each can and what it cannot be fooled by, as docs/metrics.md says.

A prediction that knows nothing of a cell must not look as if it did, unless the page says so.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from aligners.plan.plan import Plan
from benchmark.metrics import score_imputation, score_matching
from tests.benchmark.metrics.plans import dense, label_uniform
from weakpair.imports import HOME
from weakpair.vocabulary.metrics import METRICS

N, FEATURES, LABELS, K = 240, 12, 4, 10
Values = NDArray[np.float64]


class Screen:
    """Cells of four labels; features have means above 0, as expression has."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.rng = rng
        self.t = np.arange(N) % LABELS
        means = 4 + rng.normal(size=(LABELS, FEATURES))
        self.truth = means[self.t] + rng.normal(size=(N, FEATURES))
        self.means = np.stack([self.truth[self.t == t].mean(axis=0) for t in range(LABELS)])
        # Other cells of the same labels, as the training cells are.
        self.others = means[self.t] + rng.normal(size=(N, FEATURES))

    def within_labels(self) -> NDArray[np.int64]:
        """A permutation that keeps labels and moves every cell."""
        order = np.empty(N, np.int64)
        for t in range(LABELS):
            rows = self.rng.permutation(np.flatnonzero(self.t == t))
            order[rows] = np.roll(rows, 1)
        return order


SCREEN = Screen()
PREDICTIONS: dict[str, Callable[[], Values]] = {
    "truth": lambda: SCREEN.truth,
    "constant": lambda: np.tile(SCREEN.truth.mean(axis=0), (N, 1)),
    "label means": lambda: SCREEN.means[SCREEN.t],
    "cells of the label": lambda: SCREEN.others,
    "permuted in labels": lambda: SCREEN.truth[SCREEN.within_labels()],
    "permuted": lambda: SCREEN.truth[SCREEN.rng.permutation(N)],
    "scaled": lambda: 3 * SCREEN.truth,
    "shifted": lambda: SCREEN.truth + 4,
    "noisy": lambda: SCREEN.truth + 0.3 * SCREEN.rng.normal(size=(N, FEATURES)),
}


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, float]]:
    """Metric → prediction → score."""
    found: dict[str, dict[str, float]] = {}
    for name, predicted in PREDICTIONS.items():
        for score in score_imputation(SCREEN.truth, predicted(), k=K, paired=True):
            found.setdefault(score.metric, {})[name] = score.value
    return found


def test_the_truth_is_the_best_of_all(scores: dict[str, dict[str, float]]) -> None:
    best = {"mse": 0, "wd": 0, "cos-sim": 1, "knn-recall": 1, "knn-pr": 1, "knn-roc": 1}
    assert scores.keys() == best.keys()
    for metric, value in best.items():
        assert scores[metric]["truth"] == pytest.approx(value, abs=1e-12)


def test_mse_rewards_whoever_says_the_mean(scores: dict[str, dict[str, float]]) -> None:
    """Label means beat true cells of the label, by nearly a half; scale and shift are seen."""
    mse = scores["mse"]
    assert mse["label means"] < 0.6 * mse["cells of the label"]
    assert mse["label means"] < mse["constant"] < mse["permuted"]
    assert min(mse["scaled"], mse["shifted"]) > mse["permuted"]


def test_cosine_is_blind_to_scale_and_flattered_by_means_above_zero(
    scores: dict[str, dict[str, float]],
) -> None:
    cosine = scores["cos-sim"]
    assert cosine["scaled"] == pytest.approx(1)
    assert min(cosine["constant"], cosine["permuted"], cosine["shifted"]) > 0.85
    assert cosine["constant"] < cosine["label means"] < cosine["noisy"]


def test_neighbours_are_blind_to_scale_alone(scores: dict[str, dict[str, float]]) -> None:
    """By cosine, a shift turns cells towards the diagonal and changes neighbours."""
    chance = K / (N - 1)
    for metric in ("knn-recall", "knn-pr", "knn-roc"):
        assert scores[metric]["scaled"] == pytest.approx(1)
        assert scores[metric]["shifted"] < 1
        assert scores[metric]["noisy"] > scores[metric]["label means"]
    recall = scores["knn-recall"]
    assert recall["constant"] == pytest.approx(chance, abs=0.03)
    assert recall["permuted"] == pytest.approx(chance, abs=0.03)
    # Labels alone: a neighbour is mostly of the cell's label, one in N / LABELS of these by chance.
    inside = K / (N / LABELS)
    for name in ("label means", "cells of the label", "permuted in labels"):
        assert chance < recall[name] < 1.3 * inside
    assert scores["knn-roc"]["permuted"] == pytest.approx(0.5, abs=0.02)


def test_wasserstein_does_not_look_at_pairs(scores: dict[str, dict[str, float]]) -> None:
    """Any order of the true values is perfect; true cells beat means, which lack the spread."""
    wd = scores["wd"]
    assert max(wd["permuted"], wd["permuted in labels"]) == pytest.approx(0, abs=1e-12)
    assert wd["cells of the label"] < 0.5 * wd["label means"] < 0.5 * wd["constant"] + 1e-12
    assert wd["shifted"] == pytest.approx(4)


def matching(plan: Plan) -> dict[str, float]:
    x1 = SCREEN.truth
    x2 = SCREEN.truth @ np.random.default_rng(1).normal(size=(FEATURES, 7))
    pairs = (np.arange(N), np.arange(N))
    return {score.metric: score.value for score in score_matching(plan, x1, x2, pairs)}


def one_each(order: NDArray[np.int64]) -> Plan:
    weights = torch.zeros((N, N), dtype=torch.float64)
    weights[torch.arange(N), torch.from_numpy(order)] = 1 / N
    return dense(weights)


def test_matching_metrics_and_plans_that_know_labels_alone() -> None:
    """Trace gives no more to a plan that decides than to one that spreads, Bary. FOSCTTM less."""
    labels = SCREEN.t.tolist()
    spread, decided = (
        matching(label_uniform(labels, labels)),
        matching(one_each(SCREEN.within_labels())),
    )
    assert spread["trace"] == pytest.approx(LABELS / N)
    assert decided["trace"] == 0
    assert spread["foscttm"] < 0.75 * decided["foscttm"]
    nothing = matching(dense(torch.full((N, N), 1.0, dtype=torch.float64)))
    assert nothing["trace"] == pytest.approx(1 / N)
    assert nothing["foscttm"] > decided["foscttm"]


def test_trace_is_blind_to_the_mass_of_rows() -> None:
    """Rows are normalised: a cell that gets next to no mass is scored all the same."""
    order = np.arange(N)
    heavy = one_each(order)
    (block,) = heavy.blocks
    masses = torch.from_numpy(np.random.default_rng(2).uniform(1e-6, 1, N))
    light = dense(block.weights * masses[:, None])
    for plan in (heavy, light):
        assert matching(plan) == {"trace": pytest.approx(1), "foscttm": pytest.approx(0)}


def test_the_page_has_every_metric() -> None:
    page = (HOME / "docs" / "metrics.md").read_text(encoding="utf-8")
    for task in ("matching", "imputation", "probe"):
        for metric in METRICS.of(task):
            assert f"`{metric.name}`" in page, metric.name

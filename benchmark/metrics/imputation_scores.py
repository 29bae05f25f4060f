"""Imputation metrics: are predicted features those of the cell? GROOVE, Appendix F.

The paper states k = 10 neighbours. Its columns of KNN recall and KNN ROC fix k / n between them
(see `knn_roc_auc`): in Tables 2, 4 and 10, with n = 200, 128 and 512 cells, they agree within
rounding for k = 11 and differ by up to .004 for k = 10. Compare with printed figures at k = 11.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cases import ImputationCase, UndefinedScoreError
from benchmark.metrics.neighbours import block_rows, unit_rows

Floats = NDArray[np.float64]
_CONSTANT = "not defined: no feature of the test cells varies"


def mse(case: ImputationCase) -> float:
    """Mean squared error over cells and features; GROOVE Eq. 13, divided by the features."""
    return float(_squares(case).mean())


def r_squared(case: ImputationCase) -> float:
    """Share of the squared error of the features' means that the prediction takes away.

    1 for the truth, 0 for the mean of the test cells in every feature, below 0 for worse (Xi et al.
    2024). Means are those of the true test cells.

    Raises:
        UndefinedScoreError: no feature varies.
    """
    left, known = _errors(case)
    if not known.any():
        raise UndefinedScoreError(_CONSTANT)
    return float(1 - left.mean() / known.mean())


def median_r_squared(case: ImputationCase) -> float:
    """Median of R² over the features that vary; see `r_squared`.

    Raises:
        UndefinedScoreError: no feature varies.
    """
    left, known = _errors(case)
    varies = known > 0
    if not varies.any():
        raise UndefinedScoreError(_CONSTANT)
    return float(np.median(1 - left[varies] / known[varies]))


def _errors(case: ImputationCase) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean squared errors of each feature, (k,): of the prediction, and of the feature's mean."""
    constant = (case.truth == case.truth[:1]).all(axis=0)
    spread = np.where(constant, 0.0, case.truth.var(axis=0))
    return _squares(case).mean(axis=0), spread


def _squares(case: ImputationCase) -> NDArray[np.float64]:
    gaps = case.truth - case.prediction
    return np.square(gaps, out=gaps)


def wasserstein(case: ImputationCase) -> float:
    """1-Wasserstein distance of each feature's two distributions, mean over features; Eq. 14.

    Needs no pairing, nor as many predicted as true cells.
    """
    n, m = len(case.truth), len(case.prediction)
    # Quantile functions step at multiples of 1/n and 1/m: in units of 1/(n m), whole numbers.
    edges = np.union1d(np.arange(0, n * m, m), np.arange(0, n * m, n))
    widths = np.diff(edges, append=n * m) / (n * m)

    def distances(truth: Floats, prediction: Floats) -> Floats:
        truth, prediction = np.sort(truth, axis=0), np.sort(prediction, axis=0)
        return widths @ np.abs(truth[edges // m] - prediction[edges // n])

    return float(_by_feature(case, distances).mean())


def cosine(case: ImputationCase) -> float:
    """Cosine of each feature's true and predicted values across cells, mean over features; Eq. 15.

    Features are not centred. A feature that is zero in all cells has no direction: it scores 1
    where the prediction is zero in all cells too, else 0, as does a prediction of zeros alone.
    """

    def cosines(truth: Floats, prediction: Floats) -> Floats:
        one, two = unit_rows(truth.T), unit_rows(prediction.T)
        both_zero = ~(one.any(axis=1) | two.any(axis=1))
        return np.where(both_zero, 1.0, np.einsum("ij,ij->i", one, two))

    return float(_by_feature(case, cosines).mean())


def _by_feature(case: ImputationCase, function: Callable[[Floats, Floats], Floats]) -> Floats:
    """Apply a function of true and predicted features, some at a time; a value of each, (k,)."""
    rows, width = max(len(case.truth), len(case.prediction)), case.truth.shape[1]
    # In whole groups of 64 sums have the last bit that they have over all features.
    step = max(64, block_rows(rows) // 64 * 64)
    parts = [slice(start, start + step) for start in range(0, width, step)]
    return np.concatenate([function(case.truth[:, p], case.prediction[:, p]) for p in parts])


def knn_recall(case: ImputationCase) -> float:
    """Share of a cell's true neighbours among its predicted ones, mean over cells; Eq. 16.

    Both graphs join each cell to its k nearest others by cosine; with fewer than k + 1 cells, to
    all others.
    """
    return float(_recall(case).mean())


def knn_average_precision(case: ImputationCase) -> float:
    """Average precision of a cell's row of the predicted graph, mean over cells; Eq. 17.

    Predictions are 0 or 1, so the precision-recall curve has two steps: the predicted neighbours
    (precision and recall are both the recall r), then all n columns of the row (precision k / n).
    """
    recall = _recall(case)
    chance = case.degree / len(case.truth)
    return float((recall**2 + (1 - recall) * chance).mean())


def knn_roc_auc(case: ImputationCase) -> float:
    """Area under the ROC curve of a cell's row of the predicted graph, mean over cells; Eq. 18.

    The curve has one inner point: the recall, and the wrong neighbours' share of the n - k columns
    that are no true neighbours (the cell itself is one of those).
    """
    recall, k = _recall(case), case.degree
    false_positives = k * (1 - recall) / (len(case.truth) - k)
    return float(((1 + recall - false_positives) / 2).mean())


def _recall(case: ImputationCase) -> NDArray[np.float64]:
    overlap: NDArray[np.float64] = case.overlap / case.degree
    return overlap

"""Metrics of large numbers."""

from typing import Any

import numpy as np
import pytest

from benchmark.metrics import score_imputation, score_matching
from benchmark.metrics.lisi import ilisi
from tests.benchmark.metrics.plans import dense


def drawn(n: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    weights = rng.gamma(0.3, size=(n, n))
    return weights / weights.sum(), rng.normal(size=(n, 4)), rng.normal(size=(n, 3))


@pytest.mark.parametrize("power", [100, 660, -660])
def test_matching_does_not_know_the_unit_of_features(power: int) -> None:
    weights, x1, x2 = drawn()
    pairs = (np.arange(12), np.arange(12))
    plain = score_matching(dense(weights), x1, x2, pairs)
    scaled = score_matching(dense(weights), x1 * 2.0**power, x2, pairs)
    assert [s.value for s in scaled] == pytest.approx([s.value for s in plain], abs=1e-12)


def test_a_score_that_is_no_number_says_so() -> None:
    _, x1, _ = drawn()
    found = {s.metric: s for s in score_imputation(x1 * 1e200, x1 * -1e200, k=3)}
    assert np.isnan(found["mse"].value)
    assert found["mse"].note == "not defined: the features are too large for the metric's sums"
    assert np.isfinite(found["cos-sim"].value)
    assert np.isfinite(found["knn-recall"].value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("power", [100, -100])
def test_mixing_does_not_know_the_unit_of_embeddings(dtype: type, power: int) -> None:
    x: Any = drawn(30)[1].astype(dtype)
    batches = np.array(list("ab") * 15)
    scaled = ilisi(x * dtype(2.0**power), batches, neighbours=9)
    # Weights are exponentials of distances, found to a tolerance: the unit moves them a little.
    assert scaled == pytest.approx(ilisi(x, batches, neighbours=9), rel=1e-3)

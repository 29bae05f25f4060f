"""Laws of iLISI: it agrees with scib-metrics and Harmony's reference, and has its extremes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.metrics.lisi import ilisi, neighbour_weights

Floats = NDArray[np.float64]


def batches(seed: int, n: int, d: int, count: int, shift: float) -> tuple[Floats, NDArray[np.str_]]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, count, n)
    return rng.normal(size=(n, d)) + shift * codes[:, None], codes.astype(str)


@pytest.mark.parametrize(
    ("seed", "n", "d", "count", "shift", "neighbours", "expected"),
    [
        # Mean of scib_metrics.lisi_knn (scib-metrics 0.5.10) on the k nearest other cells; but for
        # "few cells", harmonypy.compute_lisi (harmonypy 2.1.0, perplexity k / 3) says the same.
        pytest.param(5, 300, 5, 3, 0.0, 90, 2.707373, id="mixed"),
        pytest.param(7, 300, 5, 3, 1.0, 90, 1.644191, id="shifted"),
        pytest.param(3, 200, 4, 4, 0.7, 30, 1.952892, id="fewer neighbours"),
        pytest.param(3, 40, 3, 2, 0.5, 90, 1.826939, id="few cells"),
    ],
)
def test_it_agrees_with_scib_metrics(
    seed: int, n: int, d: int, count: int, shift: float, neighbours: int, expected: float
) -> None:
    x, names = batches(seed, n, d, count, shift)
    assert ilisi(x, names, neighbours) == pytest.approx(expected, abs=1e-3)


def literal(x: Floats, names: NDArray[np.str_], k: int) -> float:
    """The definition, cell by cell, with the scale searched on a grid of its own."""
    values = []
    for i in range(len(x)):
        away = np.linalg.norm(x - x[i], axis=1)
        away[i] = np.inf
        near = np.argsort(away)[:k]
        scales = np.geomspace(1e-3, 1e3, 20001)
        mass = np.exp(-np.outer(scales, away[near] - away[near].min()))
        p = mass / mass.sum(axis=1, keepdims=True)
        entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1)
        weights = p[np.abs(entropy - np.log(k // 3)).argmin()]
        shares = [weights[names[near] == name].sum() for name in set(names)]
        values.append(1 / np.square(shares).sum())
    return float(np.mean(values))


def test_it_is_the_definition() -> None:
    x, names = batches(11, 60, 3, 3, 0.6)
    assert ilisi(x, names, 21) == pytest.approx(literal(x, names, 21), abs=2e-3)


def test_batches_far_apart_score_one_and_one_batch_too() -> None:
    x, names = batches(0, 200, 3, 2, 1000.0)
    assert ilisi(x, names, 30) == pytest.approx(1.0)
    assert ilisi(x, np.full(200, "one"), 30) == pytest.approx(1.0)


def test_scale_and_names_of_batches_do_not_matter() -> None:
    x, names = batches(2, 150, 4, 3, 0.4)
    assert ilisi(1e4 * x, names, 60) == pytest.approx(ilisi(x, names, 60), abs=1e-4)
    assert ilisi(x, np.char.add("b", names), 60) == ilisi(x, names, 60)


def test_equal_cells_have_equal_weights() -> None:
    """Ties at distance 0 that outnumber the perplexity share the weight; nothing is NaN."""
    names = np.array(["a", "b"] * 50)
    assert 1.9 < ilisi(np.zeros((100, 2)), names, 30) <= 2
    assert ilisi(np.array([[0.0], [1.0]]), np.array(["a", "b"])) == 1


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_weights_have_the_entropy_of_the_perplexity(scale: float) -> None:
    distances = np.sort(np.random.default_rng(0).gamma(3, scale, (20, 90)), axis=1)
    weights = neighbour_weights(distances, 30)
    entropy = -(weights * np.log(weights, where=weights > 0, out=np.zeros_like(weights))).sum(1)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(entropy, np.log(30), atol=2e-5)

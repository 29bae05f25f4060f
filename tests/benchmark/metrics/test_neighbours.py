"""Laws: the graph is scikit-learn's, blocks change nothing, ties go to the lower index."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from benchmark.metrics.neighbours import nearest_by_cosine, shared_neighbours, unit_rows


def slow_graph(x: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """One cosine at a time, sorted by (cosine falling, index rising)."""
    graph = []
    for i, a in enumerate(x):
        cosines = []
        for j, b in enumerate(x):
            lengths = np.linalg.norm(a) * np.linalg.norm(b)
            cosines.append((-round(float(a @ b / lengths) if lengths else 0.0, 9), j))
        others = [j for _, j in sorted(c for c in cosines if c[1] != i)]
        graph.append(sorted(others[:k]))
    return np.array(graph)


@pytest.mark.parametrize(("n", "k"), [(2, 1), (11, 10), (60, 10), (61, 3)])
def test_graph_is_scikit_learns(n: int, k: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, 7))
    search = NearestNeighbors(n_neighbors=k, metric="cosine").fit(x)
    expected = np.sort(search.kneighbors(return_distance=False), axis=1)
    np.testing.assert_array_equal(nearest_by_cosine(x, k), expected)


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(2, 12),
    d=st.integers(1, 3),
    k=st.integers(1, 11),
    seed=st.integers(0, 10**6),
)
def test_ties_duplicates_and_zero_rows_match_a_literal_search(
    n: int, d: int, k: int, seed: int
) -> None:
    x = np.random.default_rng(seed).integers(-1, 2, size=(n, d)).astype(float)
    k = min(k, n - 1)
    np.testing.assert_array_equal(nearest_by_cosine(x, k), slow_graph(x, k))


def test_equal_rows_tie_whatever_the_rounding_of_the_product() -> None:
    row = np.random.default_rng(0).normal(size=513)
    x = np.outer(np.random.default_rng(1).uniform(1e-3, 1e3, size=100), row)
    graph = nearest_by_cosine(x, 3)
    assert graph[0].tolist() == [1, 2, 3]
    assert graph[1].tolist() == [0, 2, 3]
    assert (graph[3:] == [0, 1, 2]).all()


def test_blocks_of_any_size_give_the_same_graph() -> None:
    x = np.random.default_rng(2).normal(size=(57, 5))
    whole = nearest_by_cosine(x, 10)
    for rows in (1, 7, 56):
        np.testing.assert_array_equal(nearest_by_cosine(x, 10, block_bytes=8 * 57 * rows), whole)


def test_unit_rows_survive_tiny_and_huge_values() -> None:
    x = np.array([[3e-300, 4e-300], [3e300, 4e300], [0.0, 0.0]])
    expected = np.array([[0.6, 0.8], [0.6, 0.8], [0.0, 0.0]])
    assert np.abs(unit_rows(x) - expected).max() < 1e-15


def test_shared_neighbours_count_common_entries() -> None:
    a, b = np.array([[0, 1, 2], [3, 4, 5]]), np.array([[2, 0, 9], [7, 8, 9]])
    assert shared_neighbours(a, b).tolist() == [2, 0]

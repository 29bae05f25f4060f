"""Energy distances against a direct computation and against what the statistic must obey."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.datasets.public.screens import energy
from benchmark.datasets.public.screens.energy import Metric, energy_distances


def direct(a: NDArray[np.float64], b: NDArray[np.float64], power: int) -> float:
    """The definition, pair by pair."""

    def d(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
        return float(np.sqrt(((x - y) ** 2).sum()) ** power)

    def inside(g: NDArray[np.float64]) -> float:
        return float(np.mean([d(x, y) for i, x in enumerate(g) for j, y in enumerate(g) if i != j]))

    between = float(np.mean([d(x, y) for x in a for y in b]))
    return 2 * between - inside(a) - inside(b)


@pytest.mark.parametrize(("metric", "power"), [("euclidean", 1), ("sqeuclidean", 2)])
def test_agrees_with_a_direct_computation(
    metric: Metric, power: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy, "_CHUNK", 4)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(33, 3))
    labels = np.array(["ctrl"] * 12 + ["a"] * 14 + ["b"] * 7)
    x[labels == "a"] += 0.7
    order = rng.permutation(33)
    found = energy_distances(x[order], labels[order], "ctrl", metric)
    assert set(found) == {"a", "b"}
    for name, value in found.items():
        expected = direct(x[labels == name], x[labels == "ctrl"], power)
        assert value == pytest.approx(expected, rel=1e-10)


def test_a_group_like_the_control_is_at_zero_whatever_its_size() -> None:
    """No bias: the mean over draws of small and of large groups is 0 within its error."""
    rng = np.random.default_rng(1)
    labels = np.array(["ctrl"] * 40 + ["small"] * 5 + ["large"] * 40)
    draws = [energy_distances(rng.normal(size=(85, 4)), labels, "ctrl") for _ in range(300)]
    for name in ("small", "large"):
        values = np.array([found[name] for found in draws])
        assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))


def test_a_common_shift_changes_nothing_and_a_far_group_is_far() -> None:
    rng = np.random.default_rng(2)
    labels = np.repeat(["ctrl", "far"], 50)
    x = rng.normal(size=(100, 5))
    x[50:] += 2.0
    far = energy_distances(x, labels, "ctrl")["far"]
    assert far > 1.0
    assert energy_distances(x + 7.0, labels, "ctrl")["far"] == pytest.approx(far, rel=1e-9)


def test_a_single_cell_has_no_distance() -> None:
    x = np.arange(8.0).reshape(4, 2)
    found = energy_distances(x, np.array(["ctrl", "ctrl", "ctrl", "one"]), "ctrl")
    assert np.isnan(found["one"])

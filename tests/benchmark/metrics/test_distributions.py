"""Clouds of cells: distances that are known, and what they do not see."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.metrics.cases import ImputationCase, UndefinedScoreError
from benchmark.metrics.distributions import divergence, divergence_5, joint_wasserstein

RNG = np.random.default_rng(0)


def case(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> ImputationCase:
    return ImputationCase.of(truth, prediction, 5, paired=False)


def test_a_shift_is_as_far_as_it_is_long_whatever_the_order() -> None:
    truth = RNG.normal(size=(60, 3))
    shift = np.array([0.3, -0.4, 0.0])
    assert joint_wasserstein(case(truth, RNG.permutation(truth))) == pytest.approx(0, abs=1e-7)
    assert joint_wasserstein(case(truth, RNG.permutation(truth + shift))) == pytest.approx(0.5)


def test_it_sees_how_features_go_together() -> None:
    truth = np.repeat(RNG.normal(size=(80, 1)), 2, axis=1)
    apart = np.column_stack([truth[:, 0], RNG.permutation(truth[:, 1])])
    assert joint_wasserstein(case(truth, apart)) > 0.3


def test_large_clouds_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmark.metrics import distributions

    truth = np.arange(100.0)[:, None]
    monkeypatch.setattr(distributions, "MOST", 10)
    assert joint_wasserstein(case(truth, truth + 2)) == pytest.approx(2)


@pytest.mark.parametrize("k", [1, 5])
def test_the_divergence_of_two_gaussians_is_found(k: int) -> None:
    n = 4000
    truth, prediction = RNG.normal(size=(n, 2)), 2 * RNG.normal(size=(n, 2)) + 1
    exact = 0.5 * (2 / 4 + 2 / 4 - 2 + 2 * np.log(4))
    assert divergence(case(truth, prediction), k) == pytest.approx(exact, abs=0.12)
    assert divergence(case(truth, RNG.normal(size=(n, 2))), k) == pytest.approx(0, abs=0.1)


def test_what_has_no_density_is_said() -> None:
    same = np.ones((9, 2))
    with pytest.raises(UndefinedScoreError, match="coincide"):
        divergence(case(same, same), 1)
    with pytest.raises(UndefinedScoreError, match="5 neighbours need more cells"):
        divergence_5(case(RNG.normal(size=(5, 2)), RNG.normal(size=(9, 2))))

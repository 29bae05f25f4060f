"""Components matched by their distributions: what they recover from cells without partners."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import learners
from learners.linear.pairing.components import assignment
from learners.linear.pairing.joint_diagonal import joint_diagonaliser
from tests.learners.simulation import held_out, matched_within_labels, simulate
from weakpair.errors import MethodError, ParameterError

Floats = NDArray[np.float64]


class Pair(NamedTuple):
    x1: Floats
    x2: Floats
    t: NDArray[np.str_]


def mixed(seed: int, cells: int = 200) -> Pair:
    """Pairs of cells: two shared latents and one private of each modality, mixed at random.

    A label changes the latents' variances, each in its own way; their means are equal everywhere.
    They are skewed, for of a symmetric one nobody can tell the sign.
    """
    rng = np.random.default_rng(0)
    scales = np.exp(rng.normal(0, 1, (6, 4)))
    mixing1, mixing2 = rng.normal(size=(3, 8)), rng.normal(size=(3, 6))
    own = np.random.default_rng(seed)
    t = np.repeat(np.arange(6), cells)
    z = (own.exponential(size=(len(t), 4)) - 1) * scales[t]
    noise1, noise2 = (own.normal(0, 0.01, (len(t), width)) for width in (8, 6))
    labels = np.array([f"label-{i}" for i in t])
    return Pair(z[:, [0, 1, 2]] @ mixing1 + noise1, z[:, [0, 1, 3]] @ mixing2 + noise2, labels)


def test_the_basis_is_found_in_which_all_covariances_are_diagonal() -> None:
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(6, 6))
    seen = np.einsum("ik,lk,jk->lij", mixing, np.exp(rng.normal(size=(5, 6))), mixing)
    both = np.abs(joint_diagonaliser(seen, np.ones(5)) @ mixing)
    both /= both.max(axis=1, keepdims=True)
    assert sorted(both.argmax(axis=1)) == list(range(6))
    assert np.sort(both, axis=1)[:, -2].max() < 1e-4


def test_a_covariance_that_is_none_is_an_error() -> None:
    with pytest.raises(MethodError, match="not positive definite"):
        joint_diagonaliser(np.zeros((2, 3, 3)), np.ones(2))


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2)])
def test_a_component_goes_with_one_at_most(shape: tuple[int, int]) -> None:
    alike = np.random.default_rng(2).uniform(-1, 1, shape)
    share = assignment(alike, 0.2)
    assert share.min() >= 0
    assert share.sum(axis=0).max() <= 1 + 1e-4
    assert share.sum(axis=1).max() <= 1 + 1e-4
    assert share.sum() == pytest.approx(min(shape), rel=1e-4)


def test_shared_latents_come_out_of_disjoint_cells_though_label_means_say_nothing() -> None:
    train1, train2, test = mixed(1), mixed(2), mixed(3)
    learner = learners.get("matched-components", n_components=3)
    learner.fit(train1.x1, train1.t, train2.x2, train2.t, seed=0)
    z1, z2 = learner.transform(test.x1, 1), learner.transform(test.x2, 2)
    # Chance is 0.5.
    assert matched_within_labels(z1, z2, test.t) < 0.15
    bounded = learners.get("lda-bounded", n_components=3)
    bounded.fit(train1.x1, train1.t, train2.x2, train2.t, seed=0)
    there = bounded.transform(test.x1, 1), bounded.transform(test.x2, 2)
    assert matched_within_labels(*there, test.t) > 0.3


@pytest.mark.parametrize("seed", [205, 206])
def test_it_beats_bounded_discriminants_on_disjoint_cells_of_the_simulation(seed: int) -> None:
    cells = simulate(seed, shared=8)
    test = held_out(cells.t, seed)
    train = np.random.default_rng(seed).permutation(np.flatnonzero(~test))
    half1, half2 = train[: len(train) // 2], train[len(train) // 2 :]

    def error(name: str) -> float:
        learner = learners.get(name)
        learner.fit(cells.x1[half1], cells.t[half1], cells.x2[half2], cells.t[half2], seed=0)
        z1, z2 = learner.transform(cells.x1[test], 1), learner.transform(cells.x2[test], 2)
        return matched_within_labels(z1, z2, cells.t[test])

    assert error("matched-components") < 0.5 * error("lda-bounded")


def test_how_much_is_matched_is_reported() -> None:
    data, other = mixed(1), mixed(2)
    learner = learners.get("matched-components", n_components=3)
    learner.fit(data.x1, data.t, other.x2, other.t, seed=0)
    # Two shared components of three.
    assert 1.5 < float(learner.report_.facts["matched"]) < 2.6


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"anchor": 1.5}, "anchor is 1.5; it must be between 0 and 1"),
        ({"softness": 0.0}, "softness"),
        ({"temperature": 0.0}, "temperature"),
        ({"steps": -1}, "steps"),
    ],
)
def test_wrong_parameters_are_named(params: dict[str, float], message: str) -> None:
    data = mixed(1, cells=10)
    with pytest.raises(ParameterError, match=message):
        learners.get("matched-components", **params).fit(data.x1, data.t, data.x2, data.t)


def test_one_label_is_an_error() -> None:
    data = mixed(1, cells=10)
    one = np.full(len(data.t), "a")
    with pytest.raises(ParameterError, match="at least two labels"):
        learners.get("matched-components").fit(data.x1, one, data.x2, one)

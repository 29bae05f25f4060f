"""Controls ignore the latents; the oracle gives the pairs their mass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aligners
from aligners.controls import Oracle, staircase
from tests.aligners.conftest import Small, assert_marginals
from weakpair.errors import ParameterError


@pytest.mark.parametrize("name", ["uniform", "label-uniform", "random-permutation"])
def test_controls_do_not_look_at_the_latents(small: Small, name: str) -> None:
    one = aligners.get(name).align(small.x, small.t1, small.y, small.t2).validate()
    two = aligners.get(name).align(0 * small.x, small.t1, 5 * small.y[:, :2], small.t2)
    np.testing.assert_array_equal(one.todense(), two.todense())
    np.testing.assert_allclose(one.todense().sum(), 1)
    if name != "uniform":
        assert_marginals(one, small, 1e-12)


def test_uniform_controls_store_one_number_per_block() -> None:
    t = np.arange(40_000) % 10
    z = np.zeros((40_000, 1))
    for name in ("uniform", "label-uniform"):
        assert aligners.get(name).align(z, t, z, t).nbytes < 2_000_000


def test_random_permutation_is_a_permutation_by_its_seed() -> None:
    t = np.repeat([0, 1], 15)
    z = np.zeros((30, 1))
    plans = [
        aligners.get("random-permutation", seed=s).align(z, t, z, t).todense() for s in (0, 0, 1)
    ]
    np.testing.assert_allclose(np.sort(plans[0], axis=1)[:, -1], 1 / 30)
    assert ((plans[0] > 0).sum(0) == 1).all()
    np.testing.assert_array_equal(plans[0], plans[1])
    assert (plans[0] != plans[2]).any()


@given(st.integers(1, 30), st.integers(1, 30))
def test_staircase_has_uniform_marginals(r: int, c: int) -> None:
    coupling = staircase(r, c)
    np.testing.assert_allclose(coupling.sum(1), 1 / r)
    np.testing.assert_allclose(coupling.sum(0), 1 / c)
    assert (coupling >= 0).all()


def test_oracle_with_all_pairs_is_their_permutation() -> None:
    t = np.array(["a", "b", "a", "b", "a"])
    order = np.array([2, 3, 4, 1, 0])
    z = np.zeros((5, 1))
    plan = Oracle().align(z, t, z, t[order], pairs=(order, np.arange(5))).validate()
    expected = np.zeros((5, 5))
    expected[order, np.arange(5)] = 0.2
    np.testing.assert_allclose(plan.todense(), expected)


def test_oracle_spreads_what_the_pairs_leave(small: Small) -> None:
    i = np.array([np.flatnonzero(small.t1 == k)[0] for k in ("a", "b")])
    j = np.array([np.flatnonzero(small.t2 == k)[-1] for k in ("a", "b")])
    plan = Oracle().align(small.x, small.t1, small.y, small.t2, pairs=(i, j)).validate()
    assert_marginals(plan, small, 1e-12)
    shares = plan.row_normalised_entries(i, j)
    for share, label in zip(shares, ("a", "b"), strict=True):
        r, c = (small.t1 == label).sum(), (small.t2 == label).sum()
        assert share >= min(1, r / c) - 1e-12


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (None, "needs pairs"),
        (([0, 0], [0, 1]), "distinct"),
        (([0], [99]), "distinct rows below"),
        (([0], [1]), "different labels"),
    ],
)
def test_oracle_says_what_is_wrong_with_pairs(
    pairs: tuple[list[int], list[int]] | None, message: str
) -> None:
    z, t = np.zeros((2, 1)), ["a", "b"]
    with pytest.raises(ParameterError, match=message):
        Oracle().align(z, t, z, t, pairs=pairs)

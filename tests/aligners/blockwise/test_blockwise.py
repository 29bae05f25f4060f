"""Blockwise aligners: partners to find, and problems they share with others at a limit."""

import numpy as np
import pytest
from numpy.typing import NDArray

import aligners
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]
EACH = 12
T = np.repeat(["a", "b", "c"], EACH)
RNG = np.random.default_rng(0)
# Skewed, so that signs of directions can be told, and of falling variance.
X = RNG.gamma(1.0, size=(len(T), 4)) * np.array([4.0, 2.0, 1.0, 0.5]) + 3 * (T == "b")[:, None]


def plan(name: str, x: Floats, y: Floats, **params: float) -> Floats:
    return np.asarray(aligners.get(name, **params).align(x, T, y, T).todense(), dtype=np.float64)


def found(dense: Floats) -> float:
    """Share of rows whose heaviest partner is the true one."""
    return float((dense.argmax(axis=1) == np.arange(len(dense))).mean())


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("labeled-unbalanced", {"marginal_weight": 1e4, "epsilon": 0.05}),
        ("labeled-partial", {"share": 1.0, "epsilon": 0.05}),
    ],
)
def test_whoever_must_move_all_mass_solves_labeled_eot(name: str, params: dict[str, float]) -> None:
    y = X + 0.3 * RNG.normal(size=X.shape)
    balanced = aligners.get("labeled-eot", epsilon=0.05, scale="label-max", tol=1e-8)
    known = balanced.align(X, T, y, T).todense()
    assert np.abs(plan(name, X, y, **params) - known).sum() < 5e-3


@pytest.mark.parametrize(
    ("name", "params"),
    [("labeled-unbalanced", {"marginal_weight": 0.01}), ("labeled-partial", {"share": 0.5})],
)
def test_a_cell_that_nothing_fits_loses_its_mass(name: str, params: dict[str, float]) -> None:
    y = X.copy()
    y[0] += 40
    columns = plan(name, X, y, **params).sum(axis=0)
    assert columns[0] < 0.2 * columns[1:EACH].mean()
    balanced = plan("labeled-eot", X, y).sum(axis=0)
    assert balanced[0] == pytest.approx(balanced[1], rel=1e-3)


def test_an_assignment_is_exact_transport_where_cells_are_as_many() -> None:
    y = X + 0.5 * RNG.normal(size=X.shape)
    ours, exact = plan("hungarian", X, y), plan("exact-ot", X, y)
    costs = np.square(X[:, None] - y).sum(axis=2)
    assert (ours > 0).sum() == len(T)
    assert (ours * costs).sum() == pytest.approx((exact * costs).sum())


def test_cells_that_choose_each_other_are_partners() -> None:
    assert found(plan("mutual-nn", X, X, k=1)) == 1
    # Two cells that both choose one: the further one of them goes to it all the same.
    x, y = np.array([[0.0], [0.1]]), np.array([[0.0], [9.0]])
    dense = aligners.get("mutual-nn", k=1).align(x, ["a", "a"], y, ["a", "a"]).todense()
    np.testing.assert_allclose(dense, [[0.5, 0], [0.5, 0]])


def test_the_closed_form_is_what_sinkhorn_tends_to() -> None:
    """Expected partners are linear in x with the slope of a large sample's plan."""
    rng = np.random.default_rng(1)
    n, label = 1500, np.repeat("a", 1500)
    x, y = rng.normal(size=(n, 1)), 2 * rng.normal(size=(n, 1)) + 1
    # ε in units of the mean variance of both, (1 + 4), and of the cost.
    dense = aligners.get("gaussian-map", epsilon=0.4).align(x, label, y, label)
    absolute = 0.4 * (x.var() + y.var())
    sinkhorn = aligners.get("eot", epsilon=absolute, scale="none").align(x, label, y, label)
    slopes = [
        np.polyfit(x[:, 0], np.asarray(one.barycentric(y))[:, 0], 1) for one in (dense, sinkhorn)
    ]
    np.testing.assert_allclose(slopes[0], slopes[1], atol=0.06)
    assert slopes[0][0] < 2 * 0.9, "entropy draws partners to the mean"


def test_components_are_found_under_a_rotation_into_another_width() -> None:
    turn, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    y = np.hstack([X, np.zeros((len(T), 2))]) @ turn
    assert found(plan("linear-gw", X, y)) == 1
    assert found(plan("linear-gw", X, RNG.permutation(y))) < 0.5


@pytest.mark.parametrize("name", ["labeled-fugw", "labeled-ucoot"])
def test_unbalanced_relatives_find_partners_where_distances_agree(name: str) -> None:
    assert found(plan(name, X, X[:, ::-1] if name == "labeled-ucoot" else X)) > 0.8


@pytest.mark.parametrize(
    ("name", "params", "why"),
    [
        ("labeled-partial", {"share": 1.5}, "at most 1"),
        ("labeled-partial", {"share": 0.0}, "positive"),
        ("labeled-unbalanced", {"epsilon": -1.0}, "positive"),
        ("labeled-fugw", {"alpha": -1.0}, "at least 0"),
        ("mutual-nn", {"k": 0}, "positive"),
        ("gaussian-map", {"epsilon": 0.0}, "positive"),
    ],
)
def test_parameters_out_of_range_are_refused(name: str, params: dict[str, float], why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        plan(name, X, X, **params)

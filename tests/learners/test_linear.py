"""The closed-form learners against scikit-learn, SciPy-free formulas and invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA as ReferencePCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from learners.base import Learner
from learners.conformance.toys import Toy, toy
from learners.controls.features import Features
from learners.linear.cca import GroupCCA
from learners.linear.lda import LDA
from learners.linear.pca import PCA, principal_axes
from learners.linear.projection import RandomProjection
from learners.standardise import Standardiser
from tests.learners.simulation import held_out, matched_within_labels, simulate
from weakpair.errors import ParameterError

DATA = toy()


def fitted(learner: Learner, data: Toy = DATA) -> Learner:
    return learner.fit(data.x1, data.t1, data.x2, data.t2)


def test_standardiser_gives_mean_zero_and_variance_one() -> None:
    x = np.random.default_rng(0).normal(1e4, 3, size=(200, 5)).astype(np.float32)
    z = Standardiser.fit(x).apply(x).astype(np.float64)
    assert z.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-5)
    assert z.std(axis=0) == pytest.approx(np.ones(5), rel=1e-5)


@settings(deadline=None)
@given(st.floats(-(2.0**100), 2.0**100, width=32), st.integers(1, 50))
def test_a_constant_column_becomes_zero_even_where_new_rows_differ(value: float, n: int) -> None:
    x = np.full((n, 1), value, dtype=np.float32)
    scaling = Standardiser.fit(x)
    assert scaling.apply(x).tolist() == [[0.0]] * n
    assert scaling.apply(np.array([[7.0]], dtype=np.float32)).tolist() == [[0.0]]


@pytest.mark.parametrize("standardise", [False, True])
@pytest.mark.parametrize("shape", [(60, 9), (8, 30)])
def test_pca_is_scikit_learns_up_to_sign(shape: tuple[int, int], standardise: bool) -> None:
    x = np.random.default_rng(1).normal(3, 2, size=shape).astype(np.float32)
    x[:, 2] *= 5
    z = PCA(6, standardise).fit(x, np.zeros(len(x)), x, np.zeros(len(x))).transform(x, 1)
    scaled = Standardiser.of(x, standardise).apply(x).astype(np.float64)
    expected = ReferencePCA(6, svd_solver="full").fit_transform(scaled)
    signs = np.sign((z * expected).sum(axis=0))
    assert z == pytest.approx(expected * signs, abs=1e-4)


def test_pca_has_the_lower_rank_of_both_modalities() -> None:
    rng = np.random.default_rng(2)
    x1 = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 20))
    x2 = rng.normal(size=(30, 8))
    learner = PCA(10).fit(x1, np.zeros(40), x2, np.zeros(30))
    assert learner.transform(x1, 1).shape == (40, 3)
    assert learner.transform(x2, 2).shape == (30, 3)


def test_pca_signs_are_fixed() -> None:
    x = np.random.default_rng(3).normal(size=(30, 6))
    axes = principal_axes(x - x.mean(axis=0), 4, seed=0)
    assert (axes[np.abs(axes).argmax(axis=0), np.arange(4)] > 0).all()
    assert np.allclose(axes, principal_axes(x.mean(axis=0) - x, 4, seed=0))


def test_large_matrices_take_the_randomised_way_to_the_same_axes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(80, 5)) * [9, 7, 5, 3, 2] @ rng.normal(size=(5, 60))
    x -= x.mean(axis=0)
    exact = principal_axes(x, 5, seed=0)
    monkeypatch.setattr("learners.linear.pca._EXACT", 10)
    assert np.allclose(principal_axes(x, 5, seed=0), exact, atol=1e-8)


@pytest.mark.parametrize("learner", [PCA(), LDA(), GroupCCA()])
def test_equal_rows_are_an_error(learner: Learner) -> None:
    with pytest.raises(ParameterError, match="x2 has no principal component: all of its rows"):
        learner.fit(DATA.x1, DATA.t1, np.ones_like(DATA.x2), DATA.t2)


def test_lda_is_scikit_learns_discriminant_with_equal_priors() -> None:
    z = fitted(LDA(5)).transform(DATA.x1, 1).astype(np.float64)
    components = ReferencePCA(5).fit_transform(DATA.x1.astype(np.float64))
    # scikit-learn divides the pooled covariance by n, we by n - labels.
    reference = LinearDiscriminantAnalysis(solver="lsqr", priors=[1 / 3] * 3)
    codes = np.unique(DATA.t1, return_inverse=True)[1]
    residuals = np.concatenate(
        [components[codes == c] - components[codes == c].mean(axis=0) for c in range(3)]
    )
    covariance = residuals.T @ residuals / (len(codes) - 3)
    means = np.array([components[codes == c].mean(axis=0) for c in range(3)])
    centre = means.mean(axis=0)
    for label in range(3):
        direction = np.linalg.solve(covariance, means[label] - centre)
        expected = (components - centre) @ direction - 0.5 * direction @ (means[label] - centre)
        assert z[:, label] == pytest.approx(expected, abs=1e-3)
    decided = reference.fit(
        components,
        codes,
    ).predict(components)
    assert np.mean(z.argmax(axis=1) == decided) > 0.95


def test_lda_is_invariant_to_any_linear_map_of_the_features() -> None:
    rng = np.random.default_rng(5)
    turn = rng.normal(size=(7, 7))
    turned = DATA.but(x2=(DATA.x2 @ turn + 3).astype(np.float32))
    one = fitted(LDA(7)).transform(DATA.x2, 2)
    two = fitted(LDA(7), turned).transform(turned.x2, 2)
    assert two == pytest.approx(one, rel=1e-2, abs=1e-2 * float(np.abs(one).max()))


def test_lda_coordinates_do_not_depend_on_how_often_a_label_occurs() -> None:
    twice = np.concatenate([np.arange(len(DATA.t1)), np.flatnonzero(DATA.t1 == "drug a")])
    more = DATA.but(x1=DATA.x1[twice], t1=DATA.t1[twice])
    mean = [
        fitted(LDA(12), data).transform(data.x1[data.t1 == "vehicle"], 1).mean(axis=0)
        for data in (DATA, more)
    ]
    assert mean[0].argmax() == mean[1].argmax() == 2
    assert mean[1] == pytest.approx(mean[0], rel=0.35)


def test_group_cca_whitens_and_correlates_label_means() -> None:
    learner = fitted(GroupCCA(6))
    z1, z2 = learner.transform(DATA.x1, 1), learner.transform(DATA.x2, 2)
    assert z1.shape[1] == z2.shape[1] == 2
    for z, t in ((z1, DATA.t1), (z2, DATA.t2)):
        residuals = np.concatenate([z[t == c] - z[t == c].mean(axis=0) for c in np.unique(t)])
        covariance = residuals.T @ residuals / (len(t) - 3)
        assert covariance == pytest.approx(np.eye(2), abs=1e-3)
    means1 = np.array([z1[DATA.t1 == c].mean(axis=0) for c in np.unique(DATA.t1)])
    means2 = np.array([z2[DATA.t2 == c].mean(axis=0) for c in np.unique(DATA.t2)])
    cross = means1.T @ means2
    assert cross - np.diag(np.diag(cross)) == pytest.approx(np.zeros((2, 2)), abs=1e-3)
    assert (np.diag(cross) > 0).all()


def test_random_projection_keeps_squared_distances_in_expectation() -> None:
    z = fitted(RandomProjection(4000, standardise=False)).transform(DATA.x1, 1)
    before = np.square(DATA.x1[:-1] - DATA.x1[1:]).sum(axis=1)
    assert np.square(z[:-1] - z[1:]).sum(axis=1) == pytest.approx(before, rel=0.15)


def test_features_are_standardised_or_left_alone() -> None:
    assert np.array_equal(fitted(Features(standardise=False)).transform(DATA.x2, 2), DATA.x2)
    z = fitted(Features()).transform(DATA.x2, 2)
    assert np.array_equal(z, Standardiser.fit(DATA.x2).apply(DATA.x2))


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        (PCA(0), "dim is 0; it must be a whole number, at least 1"),
        (LDA(1.5), "n_components is 1.5"),  # type: ignore[arg-type]
        (RandomProjection(-1), "dim is -1"),
        (GroupCCA(0), "n_components is 0"),
    ],
)
def test_wrong_parameters_are_named(learner: Learner, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        fitted(learner)


@pytest.mark.parametrize("learner", [LDA(), GroupCCA()])
def test_discriminants_match_held_out_cells_and_principal_components_do_not(
    learner: Learner,
) -> None:
    cells = simulate(11, per_condition=60, widths=(60, 40))
    test = held_out(cells.t, 0)

    def matched(fitted_: Learner) -> float:
        fitted_.fit(cells.x1[~test], cells.t[~test], cells.x2[~test][::-1], cells.t[~test][::-1])
        z1, z2 = fitted_.transform(cells.x1[test], 1), fitted_.transform(cells.x2[test], 2)
        return matched_within_labels(z1, z2, cells.t[test])

    assert matched(learner) < 0.1
    assert matched(PCA(10)) > 0.2


def test_blocks_of_rows_give_the_same_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to rounding; fewer cells than a block has are one block, to the bit as ever."""
    rng = np.random.default_rng(5)
    x1, x2 = rng.normal(3, 2, size=(200, 12)), rng.normal(size=(150, 9))
    labels = np.arange(200) % 4, np.arange(150) % 4
    fits = []
    for rows in (8192, 64):
        monkeypatch.setattr("weakpair.blocks.ROWS", rows)
        learner = LDA(standardise=True).fit(x1, labels[0], x2, labels[1])
        fits.append(np.concatenate([learner.transform(x1, 1), learner.transform(x2, 2)]))
    one, other = fits
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)

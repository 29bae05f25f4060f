"""SNN and SCOT against slow transcriptions."""

import numpy as np
import pytest
from numpy.typing import NDArray
from ot.gromov import entropic_gromov_wasserstein
from scipy.spatial.distance import cdist

import aligners
from aligners.solvers.graphs import geodesics
from tests.aligners.conftest import Small
from weakpair.errors import ParameterError


def test_labels_with_no_more_cells_than_neighbours_are_noted(small: Small) -> None:
    """There all cells are neighbours of all, and the weights are equal whatever the latents are."""
    sizes = [len(rows) + len(cols) for rows, cols in small.blocks]
    most = max(sizes)
    for k, blind in ((min(sizes) - 1, 0), (most, len(sizes))):
        plan = aligners.get("snn", k=k).align(small.x, small.t1, small.y, small.t2)
        told = [note for note in plan.status.notes if "equal weights" in note]
        assert len(told) == (blind > 0)
        assert all(note.startswith(f"{blind} of {len(sizes)} labels") for note in told)
    equal = plan.todense()
    for rows, cols in small.blocks:
        assert np.ptp(equal[np.ix_(rows, cols)]) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("k", [3, 8, 1000])
def test_snn_is_the_jaccard_index_of_neighbour_sets(small: Small, k: int) -> None:
    plan = aligners.get("snn", k=k).align(small.x, small.t1, small.y, small.t2).validate()
    expected = np.zeros(plan.shape)
    for rows, cols in small.blocks:
        cloud = np.concatenate([small.x[rows], small.y[cols]])
        near = np.argsort(cdist(cloud, cloud), axis=1)[:, :k]
        sets = [set(line.tolist()) for line in near]
        for a, i in enumerate(rows):
            for b, j in enumerate(cols):
                one, two = sets[a], sets[len(rows) + b]
                expected[i, j] = len(one & two) / len(one | two)
            if expected[i].sum() == 0:
                expected[i, cols] = 1
    expected /= expected.sum(1, keepdims=True) * len(small.x)
    np.testing.assert_allclose(plan.todense(), expected, atol=1e-12)
    np.testing.assert_allclose(plan.row_sums(), 1 / len(small.x))


def test_snn_rows_that_share_nothing_are_uniform() -> None:
    x, y = np.array([[0.0], [0.1]]), np.array([[100.0], [100.1]])
    plan = aligners.get("snn", k=2).align(x, [0, 0], y, [0, 0])
    np.testing.assert_allclose(plan.todense(), 0.25)


@pytest.mark.parametrize("k", [1, 4, 1000])
def test_snn_of_the_propensity_paper_is_its_formula(small: Small, k: int) -> None:
    """Neighbours within and across modalities by angle, I / (2 k1 + 2 k2 - I), row by row."""
    plan = aligners.get("snn-propensity", k=k).align(small.x, small.t1, small.y, small.t2)
    unit1, unit2 = (z / np.sqrt((z**2).sum(1))[:, None] for z in (small.x, small.y))
    expected = np.zeros(plan.shape)

    def nearest(cell: NDArray[np.float64], cells: NDArray[np.float64], count: int) -> set[int]:
        return set(np.argsort(((cells - cell) ** 2).sum(1))[:count].tolist())

    for rows, cols in small.blocks:
        one, two = unit1[rows], unit2[cols]
        k1, k2 = min(k, len(one)), min(k, len(two))
        for a, i in enumerate(rows):
            for b, j in enumerate(cols):
                shared = len(nearest(one[a], one, k1) & nearest(two[b], one, k1)) + len(
                    nearest(one[a], two, k2) & nearest(two[b], two, k2)
                )
                expected[i, j] = shared / (2 * k1 + 2 * k2 - shared)
        assert (expected[rows].sum(1) > 0).all(), "its own nearest is also a cell's of the other"
    expected /= expected.sum(1, keepdims=True) * len(small.x)
    np.testing.assert_allclose(plan.validate().todense(), expected, atol=1e-12)
    np.testing.assert_allclose(plan.row_sums(), 1 / len(small.x))


def test_snn_of_the_propensity_paper_is_blind_to_lengths_and_to_gaps_between_clouds() -> None:
    generator = np.random.default_rng(0)
    z, t = generator.normal(size=(12, 4)), np.zeros(12)
    expected = aligners.get("snn-propensity").align(z, t, z, t).todense()
    np.testing.assert_allclose(expected, np.eye(12) / 12)
    for scale in (1e-200, 1e200, generator.uniform(1, 9, size=(12, 1))):
        np.testing.assert_array_equal(
            aligners.get("snn-propensity").align(z, t, scale * z, t).todense(), expected
        )
    with pytest.raises(ParameterError, match="form is 'both'; it must be one of cloud, propensity"):
        aligners.get("snn", form="both").align(z, t, z, t)


def test_geodesics_count_steps_on_a_path() -> None:
    angles = np.cumsum([0.0, 0.1, 0.15, 0.2, 0.25])
    plane = np.stack([np.cos(angles), np.sin(angles)], 1)
    basis = np.linalg.qr(np.vstack([np.ones(3), np.eye(3)[:2]]).T)[0][:, 1:]
    steps, pieces = geodesics(plane @ basis.T, 1)
    assert pieces == 1
    np.testing.assert_allclose(steps, np.abs(np.subtract.outer(range(5), range(5))) / 4)


def test_scot_is_pots_gromov_on_the_geodesics(small: Small) -> None:
    (one, _), (two, _) = geodesics(small.x, 6), geodesics(small.y, 6)
    weights = [np.full(len(c), 1 / len(c)) for c in (one, two)]
    expected = entropic_gromov_wasserstein(
        one, two, *weights, "square_loss", epsilon=4e-2,
        max_iter=5000, tol=1e-12, stopThr=1e-13, numItermax=100_000,
    )  # fmt: skip
    plan = aligners.get("scot", k=6, epsilon=2e-2, tol=1e-11, tol_outer=1e-9).align(
        small.x, small.t1, small.y, small.t2
    )
    assert plan.converged
    assert np.abs(plan.todense() - expected).sum() < 1e-5
    gaps = (one[:, None, :, None] - two[None, :, None, :]) ** 2
    value = np.einsum("ijkl,ij,kl->", gaps, expected, expected)
    assert plan.status.objective == pytest.approx(value, rel=1e-6)


def test_scot_notes_a_graph_in_pieces() -> None:
    generator = np.random.default_rng(0)
    far = np.repeat([[9.0, 0, 0], [0, 9.0, 0]], 10, axis=0)
    z = far + 0.1 * generator.normal(size=(20, 3))
    plan = aligners.get("scot", k=6).align(z, np.zeros(20), z, np.zeros(20)).validate()
    assert any("graph of modality 1 in 2 pieces" in note for note in plan.status.notes)

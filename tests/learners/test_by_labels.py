"""Learners that know labels alone: posteriors, and alignments of manifolds."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import aligners
import learners
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]
EACH = 40
LABELS = np.repeat(["a", "b", "c"], EACH)
RNG = np.random.default_rng(0)
ALL = ("qda", "forest", "dama", "kema")


def rotated(x: Floats, width: int, seed: int) -> Floats:
    """An orthogonal map into more features."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(width, x.shape[1])))
    return np.asarray(x @ turn.T)


def shifted(rng: np.random.Generator) -> Floats:
    """Cells whose label moves their mean."""
    return rng.normal(size=(3 * EACH, 3)) + 3 * np.eye(3).repeat(EACH, axis=0)


def spread(rng: np.random.Generator) -> Floats:
    """Cells whose label changes their variances, and no mean."""
    sizes = np.array([[6.0, 1, 1], [1, 6, 1], [1, 1, 6]]).repeat(EACH, axis=0)
    return np.asarray(rng.normal(size=(3 * EACH, 3)) * sizes)


def told(name: str, draw: Any, **params: Any) -> float:
    """Mass that eot puts on the right label between new cells, a third by chance."""
    learner = learners.get(name, **params)
    one, two = (rotated(draw(np.random.default_rng(s)), 6, s) for s in (1, 2))
    learner.fit(one, LABELS, two, LABELS, seed=0)
    new = [rotated(draw(np.random.default_rng(s + 10)), 6, s) for s in (1, 2)]
    z1, z2 = learner.transform(new[0], 1), learner.transform(new[1], 2)
    plan = aligners.get("eot", epsilon=0.01).align(z1, LABELS, z2, LABELS).todense()
    return float(plan[LABELS[:, None] == LABELS].sum())


@pytest.mark.parametrize("name", ALL)
def test_new_cells_find_their_label_in_the_other_modality(name: str) -> None:
    assert told(name, shifted) > 0.75


@pytest.mark.parametrize("name", ["qda", "forest", "kema"])
def test_variances_tell_labels_where_means_do_not(name: str) -> None:
    assert told(name, spread) > 0.5
    assert told("lda", spread) < 0.45


@pytest.mark.parametrize("name", ["qda", "forest"])
def test_a_coordinate_is_a_label_and_posteriors_sum_to_one(name: str) -> None:
    x = shifted(RNG)
    learner = learners.get(name).fit(x, LABELS, x, LABELS)
    z = learner.transform(x, 1).astype(np.float64)
    assert z.shape == (len(x), 3)
    np.testing.assert_allclose(z.sum(axis=1), 0, atol=1e-3)
    assert (z.argmax(axis=1) == np.arange(3).repeat(EACH)).mean() > 0.85


def test_quadratic_scores_are_the_log_densities_of_the_label() -> None:
    """Two labels of one variable: the scores' difference is that of two Gaussians' logarithms."""
    from learners.posteriors.qda import Gaussians

    rng = np.random.default_rng(3)
    groups = [rng.normal(0, 1, (500, 1)), rng.normal(1, 3, (500, 1))]
    known = Gaussians.of(groups, 1e-9)
    logs = known.log_posteriors(np.array([[0.0], [5.0]]))
    (m0, v0), (m1, v1) = ((g.mean(), g.var()) for g in groups)
    wanted = [-((x - m0) ** 2) / v0 / 2 - np.log(v0) / 2 for x in (0.0, 5.0)]
    other = [-((x - m1) ** 2) / v1 / 2 - np.log(v1) / 2 for x in (0.0, 5.0)]
    np.testing.assert_allclose(logs[:, 0] - logs[:, 1], np.subtract(wanted, other), rtol=1e-2)
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)


def test_the_graphs_of_labels_are_laplacians() -> None:
    from learners.linear.manifold import _by_labels

    z, codes = RNG.normal(size=(7, 3)), np.array([0, 1, 0, 2, 1, 1, 0])
    alike = codes[:, None] == codes
    for graph, found in zip((alike, ~alike), _by_labels(z, codes), strict=True):
        weights = graph.astype(float)
        laplacian = np.diag(weights.sum(axis=1)) - weights
        np.testing.assert_allclose(found, z.T @ laplacian @ z / weights.sum(), atol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_a_single_label_is_refused(name: str) -> None:
    x = RNG.normal(size=(10, 3))
    with pytest.raises(ParameterError, match="at least two labels"):
        learners.get(name).fit(x, ["a"] * 10, x, ["a"] * 10)

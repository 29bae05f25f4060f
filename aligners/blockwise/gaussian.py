"""Plans from means and covariances alone, in closed form: what any transport has to beat."""

from typing import ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.covariance import ledoit_wolf

from aligners.blockwise.base import ROWS_ONLY, Blockwise, Floats, Solved
from aligners.inputs import check_positive
from weakpair.registry import Role

# Of the mean variance: a direction without any has no map.
_LEAST = 1e-9


class GaussianMap(Blockwise):
    """Entropic optimal transport between the Gaussians of each label, in closed form.

    With moments (m, A) and (n, B) of a label's cells the coupling is Gaussian with
    cross-covariance C = ½ A^½ (4 A^½ B A^½ + ε²I/4)^½ A^-½ − εI/4 (Janati et al., Entropic optimal
    transport between unbalanced Gaussian measures has a closed form, NeurIPS 2020, with 2σ² = ε).
    A cell's weights are the density of y given x over that of y. Covariances are shrunk by Ledoit
    and Wolf's rule. Nothing is asked of the columns.

    Args:
        epsilon: ε, in units of (tr A + tr B) / d, the variance of a direction in both modalities.
    """

    role: ClassVar[Role] = "baseline"
    marginals: ClassVar[str] = ROWS_ONLY

    def __init__(self, epsilon: float = 0.1) -> None:
        self.epsilon = epsilon

    def _check_parameters(self) -> None:
        check_positive(epsilon=self.epsilon)

    def _solve(self, x: Floats, y: Floats) -> Solved:
        if min(len(x), len(y)) < 2:
            return Solved(np.ones((len(x), len(y))))
        (m, a), (n, b) = _moments(x), _moments(y)
        total = np.trace(a) + np.trace(b)
        if not total > 0:
            return Solved(np.ones((len(x), len(y))))
        epsilon, identity = self.epsilon * total / len(a), np.eye(len(a))
        root, inverse = _root(a), _root(a, inverse=True)
        middle = _root(4 * root @ b @ root + epsilon**2 / 4 * identity)
        cross = root @ middle @ inverse / 2 - epsilon / 4 * identity
        slope = inverse @ inverse @ cross
        rest = b - cross.T @ slope
        expected = n + (x - m) @ slope
        logs = _log_density(y[None], expected[:, None], rest) - _log_density(y[None], n, b)
        return Solved(softmax(logs, axis=1))


class LinearGW(Blockwise):
    """Gromov–Wasserstein between the Gaussians of each label, in closed form.

    Among Gaussian couplings the best one maps principal components onto each other in the order of
    their variances (Salmona, Delon & Desolneux, Gromov-Wasserstein distances between Gaussian
    distributions, Journal of Applied Probability 2022). Their signs are free: each is chosen so
    that both skews have one sign. A cell's weights fall with the squared distance of its image to
    the cells of the other modality, on the scale of the nearest. Latents may differ in width.
    """

    role: ClassVar[Role] = "baseline"
    same_width: ClassVar[bool] = False
    marginals: ClassVar[str] = ROWS_ONLY

    def _solve(self, x: Floats, y: Floats) -> Solved:
        one, two = _components(x), _components(y)
        width = min(one.shape[1], two.shape[1])
        if not width:
            return Solved(np.ones((len(x), len(y))))
        one, two = one[:, :width], two[:, :width]
        sizes = np.sqrt(np.square(two).mean(axis=0))
        image = one / np.sqrt(np.square(one).mean(axis=0)) * sizes
        image *= np.where(_skew(one) * _skew(two) < 0, -1, 1)
        apart = np.square(image[:, None] - two).sum(axis=2)
        scale = np.median(apart.min(axis=1))
        return Solved(softmax(-apart / (scale if scale > 0 else 1), axis=1))


def _moments(x: Floats) -> tuple[Floats, Floats]:
    """Mean (d,) and shrunk covariance (d, d), of full rank unless all cells are alike."""
    mean = x.mean(axis=0)
    covariance = np.asarray(ledoit_wolf(x - mean, assume_centered=True)[0], dtype=np.float64)
    covariance += _LEAST * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return mean, covariance


def _root(matrix: Floats, *, inverse: bool = False) -> Floats:
    """The symmetric square root of a symmetric matrix, or its inverse."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(np.maximum(values, 0))
    if inverse:
        roots = np.where(roots > 0, 1 / np.where(roots > 0, roots, 1), 0)
    return np.asarray((vectors * roots) @ vectors.T)


def _log_density(y: Floats, mean: Floats, covariance: Floats) -> Floats:
    """Logarithm of a Gaussian density up to a constant, for points (..., d)."""
    rows = (y - mean) @ _root(covariance, inverse=True)
    return np.asarray(-np.square(rows).sum(axis=-1) / 2)


def _components(x: Floats) -> Floats:
    """Scores (n, k) on principal components of falling variance, none of variance 0."""
    left, singular, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    kept = singular > _LEAST**0.5 * singular[0]
    return np.asarray((left * singular)[:, kept])


def _skew(scores: Floats) -> Floats:
    return np.asarray((scores**3).mean(axis=0))

"""Principal components of each modality."""

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.utils.extmath import randomized_svd

from learners.inputs import Features, Training, check_count
from learners.linear.affine import Affine, AffineLearner
from learners.standardise import Standardiser
from weakpair.blocks import row_blocks
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]

_EXACT = 4000  # up to this many rows or columns an eigendecomposition takes seconds


class PCA(AffineLearner):
    """Principal components of each modality on its own: no common space, no labels.

    Component j of one modality has no relation to component j of the other, so linear aligners
    match at chance; Gromov–Wasserstein and co-optimal transport may not. Both modalities get the
    same number of components, that of the modality of lower rank where `dim` exceeds it. The
    entry of largest magnitude of every axis is positive.

    Args:
        dim: number of components at most.
        standardise: scale features to unit variance first.
    """

    needs_labels: ClassVar[bool] = False

    def __init__(self, dim: int = 128, standardise: bool = False) -> None:
        self.dim = dim
        self.standardise = standardise

    def _check_parameters(self) -> None:
        check_count("dim", self.dim)

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:
        reduction = Reduction(self.dim, standardise=self.standardise, seed=seed)
        one = principal_map(data.x1, reduction, "x1")
        two = principal_map(data.x2, reduction, "x2")
        width = min(one.weights.shape[1], two.weights.shape[1])
        return _first(one, width), _first(two, width)


@dataclass(frozen=True)
class Reduction:
    """Settings of a reduction to principal components.

    Attributes:
        dim: number of components at most.
        standardise: scale features to unit variance first.
        seed: used only where both n and k exceed 4000 and the axes are approximated.
    """

    dim: int
    standardise: bool
    seed: int


def principal_map(x: Features, reduction: Reduction, name: str) -> Affine:
    """The map to at most `reduction.dim` principal components, fewer where the rank is lower.

    Args:
        x: training rows, shape (n, k).
        reduction: its settings.
        name: what to call the rows in an error.

    Raises:
        ParameterError: all rows are equal.
    """
    scaling = Standardiser.of(x, reduction.standardise)
    scaled = scaling.apply(x)
    sums = (scaled[rows].astype(np.float64).sum(axis=0) for rows in row_blocks(len(x)))
    centre = reduce(add, sums) / len(x)
    axes = principal_axes(scaled, reduction.dim, reduction.seed, centre)
    if not axes.shape[1]:
        raise ParameterError(f"{name} has no principal component: all of its rows are equal")
    return Affine.linear(centre, axes).after(scaling)


def principal_axes(
    x: NDArray[np.floating[Any]], dim: int, seed: int, centre: Floats | float = 0.0
) -> Floats:
    """Leading right singular vectors of rows less their centre, (k, at most dim), signs fixed.

    Where there are fewer features than cells, and at most 4000, rows are widened to float64 block
    by block.
    """
    n, k = x.shape
    wanted = min(dim, n, k)
    if k <= min(n, _EXACT):
        parts = (x[rows].astype(np.float64) - centre for rows in row_blocks(n))
        axes = _leading(reduce(add, (part.T @ part for part in parts)), wanted)
    elif n <= _EXACT:
        centred = x.astype(np.float64) - centre
        axes = centred.T @ _leading(centred @ centred.T, wanted)
        axes /= np.linalg.norm(axes, axis=0)
    else:
        centred = x.astype(np.float64) - centre
        _, values, right = randomized_svd(centred, wanted, random_state=seed)
        axes = right[values > values[0] * 1e-7].T
    largest = np.abs(axes).argmax(axis=0)
    return np.asarray(axes * np.sign(axes[largest, np.arange(axes.shape[1])]))


def _leading(gram: Floats, count: int) -> Floats:
    """Eigenvectors of the largest eigenvalues, in falling order, without the null space."""
    size = len(gram)
    values, vectors = eigh(gram, subset_by_index=(size - count, size - 1))
    values, vectors = values[::-1], vectors[:, ::-1]
    # The Gram matrix squares singular values: 1e-12 is a relative singular value of 1e-6,
    # about what float32 features can tell from zero.
    return np.asarray(vectors[:, values > max(values[0], 0.0) * 1e-12])


def _first(affine: Affine, width: int) -> Affine:
    return Affine(affine.centre, affine.weights[:, :width], affine.offset[:width])

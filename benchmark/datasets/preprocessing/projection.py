"""Steps that project on leading directions of the training rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from benchmark.datasets.base import Features
from benchmark.datasets.preprocessing.steps import Fitted, Step
from weakpair.errors import ConfigError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projected(Fitted):
    """(x - mean) @ directions."""

    prefix: str
    mean: Vector
    directions: Matrix

    def apply(self, x: Features) -> Features:
        """Scores."""
        return ((x - self.mean) @ self.directions).astype(np.float32)

    def rename(self, features: Sequence[str]) -> tuple[str, ...]:  # noqa: ARG002
        """Numbered names, from 1."""
        return tuple(f"{self.prefix}{j + 1}" for j in range(self.directions.shape[1]))


class Pca(Step):
    """Scores on the first `n` principal components of the training rows."""

    name: Literal["pca"] = "pca"
    n: int = Field(default=50, ge=1)

    def fit(self, x: Features) -> Projected:
        """Principal directions of the training rows."""
        mean = x.mean(axis=0, dtype=np.float64)
        return Projected("pc", mean, leading_directions(x - mean, self.n, self.name))


class Svd(Step):
    """Scores on the first `n` right singular vectors, without centring (LSI after `tfidf`)."""

    name: Literal["svd"] = "svd"
    n: int = Field(default=50, ge=1)

    def fit(self, x: Features) -> Projected:
        """Singular vectors of the training rows."""
        mean = np.zeros(x.shape[1])
        return Projected("svd", mean, leading_directions(x.astype(np.float64), self.n, self.name))


class Lsi(Step):
    """Singular vectors as in `svd`; where `n` is too many, as many as rows and features allow."""

    name: Literal["lsi"] = "lsi"
    n: int = Field(default=50, ge=1)

    def fit(self, x: Features) -> Projected:
        """Singular vectors of the training rows, at most `n`."""
        return Svd(n=min(self.n, *x.shape)).fit(x)


def leading_directions(x: Matrix, n: int, step: str) -> Matrix:
    """The first `n` right singular vectors of `x`, shape (k, n).

    The largest entry of every vector is positive, so that the sign is defined.

    Raises:
        ConfigError: n exceeds the rank that the shape allows.
    """
    most = min(x.shape)
    if n > most:
        raise ConfigError(
            f"{step}(n={n}): {x.shape[0]} training rows of {x.shape[1]} features allow n ≤ {most}"
        )
    vectors = _right_vectors(x, n).T
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(n)]
    return np.ascontiguousarray(vectors * np.where(largest < 0, -1.0, 1.0))


def _right_vectors(x: Matrix, n: int) -> Matrix:
    """Rows are right singular vectors by falling singular value, shape (n, k)."""
    if 8 * n > min(x.shape):
        return np.linalg.svd(x, full_matrices=False)[2][:n]
    from scipy.sparse.linalg import svds

    start = np.random.default_rng(0).standard_normal(min(x.shape))
    _, values, vectors = svds(x, k=n, v0=start)
    return np.asarray(vectors[np.argsort(-values, kind="stable")])

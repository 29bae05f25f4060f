"""Principal components whitened by the covariance inside labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learners.inputs import Codes, Features
from learners.linear.affine import Affine
from learners.linear.pca import Reduction, principal_map
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Whitened:
    """A modality in whitened coordinates, centred on the mean of the label means.

    Attributes:
        affine: the map from features to these coordinates.
        cells: the training cells in them, shape (n, k).
        means: mean of each label, shape (labels, k).
    """

    affine: Affine
    cells: Floats
    means: Floats

    def residuals(self, codes: Codes) -> Floats:
        """The training cells less the mean of their label, shape (n, k)."""
        return np.asarray(self.cells - self.means[codes])


def whitened(x: Features, codes: Codes, reduction: Reduction, name: str) -> Whitened:
    """Reduce to principal components and whiten inside labels.

    Raises:
        ParameterError: all rows are equal, or no label has two different cells.
    """
    components = principal_map(x, reduction, name)
    scores = components.apply(x).astype(np.float64)
    whiten = within_whitening(scores, codes, name)
    means = label_means(scores, codes) @ whiten
    centre = means.mean(axis=0)
    return Whitened(components.then(whiten, -centre), scores @ whiten - centre, means - centre)


def label_means(x: Floats, codes: Codes) -> Floats:
    """Mean of each label's rows, shape (labels, d)."""
    sums = np.zeros((codes.max() + 1, x.shape[1]))
    np.add.at(sums, codes, x)
    return np.asarray(sums / np.bincount(codes)[:, None])


def within_whitening(x: Floats, codes: Codes, name: str) -> Floats:
    """A matrix W, shape (d, rank), with W W' the pseudo-inverse of the within-label covariance.

    Raises:
        ParameterError: no label has two different cells.
    """
    residuals = x - label_means(x, codes)[codes]
    degrees = max(len(x) - codes.max() - 1, 1)
    values, vectors = np.linalg.eigh(residuals.T @ residuals / degrees)
    scale = np.mean(np.square(x - x.mean(axis=0)))
    keep = values > 1e-10 * scale
    if not keep.any():
        raise ParameterError(f"{name} has no label with two different cells")
    return np.asarray(vectors[:, keep] / np.sqrt(values[keep]))

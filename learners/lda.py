"""Linear discriminant scores of each modality: both speak of the same labels."""

import numpy as np
from numpy.typing import NDArray

from learners.affine import Affine, AffineLearner
from learners.inputs import Codes, Features, Training, check_count
from learners.pca import principal_map
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]


class LDA(AffineLearner):
    """One linear discriminant score per label, computed on principal components.

    With label means mu_l, pooled within-label covariance S and overall mean m, coordinate l of a
    cell is (x - m)' S⁻¹ (mu_l - m) - ½ (mu_l - m)' S⁻¹ (mu_l - m): the log-posterior of label l
    up to a constant of the cell, for equally likely labels. Coordinate l means the same label in
    both modalities, which makes latents comparable. Labels count alike whatever their shares,
    for shares that differ between modalities would shift one against the other.

    Args:
        n_components: number of principal components that S is computed in, at most.
        standardise: scale features to unit variance first.
    """

    def __init__(self, n_components: int = 10, standardise: bool = False) -> None:
        self.n_components = n_components
        self.standardise = standardise

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components)

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:
        if data.n_labels < 2:
            raise ParameterError("LDA needs cells of at least two labels")
        return (
            self._learn_one(data.x1, data.codes1, "x1", seed),
            self._learn_one(data.x2, data.codes2, "x2", seed),
        )

    def _learn_one(self, x: Features, codes: Codes, name: str, seed: int) -> Affine:
        components = principal_map(x, self.n_components, self.standardise, name, seed)
        scores = components.apply(x).astype(np.float64)
        means = label_means(scores, codes)
        whiten = within_whitening(scores, codes, name)
        centre = means.mean(axis=0)
        directions = (means - centre) @ whiten @ whiten.T
        norms = np.einsum("ld,ld->l", directions, means - centre)
        return components.then(directions.T, -centre @ directions.T - 0.5 * norms)


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

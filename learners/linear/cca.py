"""Canonical directions shared by the label means of both modalities."""

import numpy as np
from numpy.typing import NDArray

from learners.inputs import Codes, Features, Training, check_count
from learners.linear.affine import Affine, AffineLearner
from learners.linear.whitening import whitened
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]


class GroupCCA(AffineLearner):
    """Canonical pairs of the label means, in whitened principal components.

    Each modality is reduced to principal components and whitened by its pooled within-label
    covariance, which makes this a regularised CCA whose only pairing is that of labels. With
    centred label means M1 and M2 (labels × components), each label counting once, the singular
    value decomposition M1' M2 = U D V' gives the latents (x1 - m1) U and (x2 - m2) V. At most
    labels - 1 dimensions carry signal; only those are kept.

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
    """

    def __init__(self, n_components: int = 10, standardise: bool = False) -> None:
        self.n_components = n_components
        self.standardise = standardise

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components)

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:
        if data.n_labels < 2:
            raise ParameterError("GroupCCA needs cells of at least two labels")
        one, means1 = self._whitened(data.x1, data.codes1, "x1", seed)
        two, means2 = self._whitened(data.x2, data.codes2, "x2", seed)
        u, values, vt = np.linalg.svd(means1.T @ means2, full_matrices=False)
        keep = values > 1e-10 * values[0]
        if not keep.any():
            raise ParameterError(
                "label means are all equal in x1 or x2; GroupCCA needs differences"
            )
        # A pair's sign is arbitrary; the largest loading of modality 1 is positive.
        signs = np.sign(u[np.abs(u).argmax(axis=0), np.arange(u.shape[1])])
        return _turn(one, (u * signs)[:, keep]), _turn(two, (vt.T * signs)[:, keep])

    def _whitened(self, x: Features, codes: Codes, name: str, seed: int) -> tuple[Affine, Floats]:
        """The whitening map, centred on the mean of label means, and those means under it."""
        found = whitened(x, codes, self.n_components, self.standardise, name, seed)
        return found.affine, found.means


def _turn(affine: Affine, rotation: Floats) -> Affine:
    return affine.then(rotation, np.zeros(rotation.shape[1]))

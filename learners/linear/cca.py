"""Canonical directions shared by the label means of both modalities."""

import numpy as np
from numpy.typing import NDArray

from learners.inputs import Training, check_count
from learners.linear.affine import Affine, AffineLearner
from learners.linear.pca import Reduction
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
        reduction = Reduction(self.n_components, standardise=self.standardise, seed=seed)
        one = whitened(data.x1, data.codes1, reduction, "x1")
        two = whitened(data.x2, data.codes2, reduction, "x2")
        u, values, vt = np.linalg.svd(one.means.T @ two.means, full_matrices=False)
        keep = values > 1e-10 * values[0]
        if not keep.any():
            raise ParameterError(
                "label means are all equal in x1 or x2; GroupCCA needs differences"
            )
        # A pair's sign is arbitrary; the largest loading of modality 1 is positive.
        signs = np.sign(u[np.abs(u).argmax(axis=0), np.arange(u.shape[1])])
        return _turn(one.affine, (u * signs)[:, keep]), _turn(two.affine, (vt.T * signs)[:, keep])


def _turn(affine: Affine, rotation: Floats) -> Affine:
    return affine.then(rotation, np.zeros(rotation.shape[1]))

"""The features' plan of co-optimal transport, learned on training cells, as a pair of maps."""

import numpy as np

from learners.base import FitReport
from learners.inputs import Training, check_count, check_weight
from learners.linear.affine import Affine, AffineLearner
from learners.pairs.matching.couplings import of_features
from learners.standardise import Standardiser


class COOTMap(AffineLearner):
    """Features brought together by the feature plan of labelled co-optimal transport.

    `LabeledCOOT` (Ryu et al. 2024, after Redko et al. 2020) couples the training cells inside
    labels and, for all labels alike, the features: F of shape (k1, k2). Its cost of two cells is,
    but for a constant of each cell, -2 x F y. With F = U S V' the latents x U √S and y V √S have
    just these products, so that a linear aligner computes what co-optimal transport would with its
    features held fixed.

    Unlike the aligner it never sees the test cells of both modalities at once: what it gains there
    cannot come from their being the same cells.

    Args:
        dim: number of latent dimensions at most.
        standardise: scale features to mean 0 and variance 1 first.
        epsilon: regularisation of both plans, relative to their costs' maxima.
    """

    def __init__(self, dim: int = 128, standardise: bool = True, epsilon: float = 5e-3) -> None:
        self.dim = dim
        self.standardise = standardise
        self.epsilon = epsilon

    def _check_parameters(self) -> None:
        check_count("dim", self.dim)
        check_weight("epsilon", self.epsilon, positive=True)

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:  # noqa: ARG002
        # Rows in an order of their own, so that the latents do not depend on that of the input.
        data = data.canonical()
        scalings = [Standardiser.of(x, self.standardise) for x in (data.x1, data.x2)]
        scaled = [one.apply(x) for one, x in zip(scalings, (data.x1, data.x2), strict=True)]
        centres = [x.mean(axis=0, dtype=np.float64) for x in scaled]
        features, converged = of_features(
            scaled[0], data.codes1, scaled[1], data.codes2, epsilon=self.epsilon
        )
        self.report_ = FitReport(facts={"plans_converged": float(converged)})
        left, sizes, right = np.linalg.svd(features, full_matrices=False)
        sizes = np.sqrt(sizes[: self.dim])
        weights = (left[:, : self.dim] * sizes, right[: self.dim].T * sizes)
        one, two = (
            Affine.linear(centre, weight).after(scaling)
            for centre, weight, scaling in zip(centres, weights, scalings, strict=True)
        )
        return one, two

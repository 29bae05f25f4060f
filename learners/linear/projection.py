"""Gaussian random projections."""

from typing import ClassVar

import numpy as np

from learners.inputs import Features, Training, check_count
from learners.linear.affine import Affine, AffineLearner
from learners.standardise import Standardiser


class RandomProjection(AffineLearner):
    """Gaussian random projection of each modality, drawn independently of the other.

    Entries are N(0, 1 / dim), so squared distances are kept in expectation. What this scores is
    what an aligner finds in the raw geometry alone.

    Args:
        dim: number of latent dimensions.
        standardise: scale features to mean 0 and variance 1 first.
    """

    needs_labels: ClassVar[bool] = False

    def __init__(self, dim: int = 128, standardise: bool = True) -> None:
        self.dim = dim
        self.standardise = standardise

    def _check_parameters(self) -> None:
        check_count("dim", self.dim)

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:
        rng = np.random.default_rng(seed)
        return self._draw(data.x1, rng), self._draw(data.x2, rng)

    def _draw(self, x: Features, rng: np.random.Generator) -> Affine:
        scaling = Standardiser.of(x, self.standardise)
        weights = rng.normal(scale=self.dim**-0.5, size=(x.shape[1], self.dim))
        return Affine.linear(np.zeros(x.shape[1]), weights).after(scaling)

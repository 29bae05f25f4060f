"""Canonical directions of the true pairs: the ceiling that linear learners have."""

from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from learners.inputs import Codes, Training, check_count, check_pairs, check_training, check_weight
from learners.linear.affine import MappedLearner
from learners.linear.bounded import WIDTH, Bounded
from learners.linear.pairing.canonical_maps import canonical_maps
from learners.linear.pairing.latent_pairing import Canonical
from learners.linear.pca import Reduction
from learners.linear.whitening import whitened
from weakpair.registry import Role

Floats = NDArray[np.float64]

# A rule of thumb for regressions: so many cases for each coefficient.
_PAIRS_EACH = 10


class PairedCCA(MappedLearner):
    """Canonical directions of residuals inside labels, learned from the true pairs.

    Each modality is reduced to principal components and whitened by its pooled within-label
    covariance. With residuals r1, r2 of the p paired training cells, the singular value
    decomposition (r1' r2) / p = U D V' gives directions and their correlations ρ. Latents are
    w · bounded(U' r1) and w · bounded(V' r2) with w² = ρ / (1 − ρ²): under Gaussian residuals
    squared distances so weighted are, but for constants, log-odds of two cells being one.

    It is what `em-cca` would be if it were told the pairs, and an oracle.

    Args:
        n_components: number of principal components per modality, at most, and at most one for
            every ten pairs: more would find correlations in noise.
        standardise: scale features to unit variance first.
        bound: where coordinates saturate, in standard deviations.
    """

    role: ClassVar[Role] = "oracle"
    needs_pairing: ClassVar[bool] = True

    correlations_: Floats

    def __init__(
        self, n_components: int = 30, standardise: bool = False, bound: float = WIDTH
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.bound = bound

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",  # noqa: ARG002
        pairs: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Learn from training rows; see `Learner.fit`. Always computed on the CPU.

        Args:
            x1: see `Learner.fit`.
            t1: see `Learner.fit`.
            x2: see `Learner.fit`.
            t2: see `Learner.fit`.
            seed: see `Learner.fit`.
            device: see `Learner.fit`.
            pairs: rows of modality 1 and of modality 2 that are the same cell, (p,) each.

        Raises:
            ParameterError: a wrong parameter, non-finite features, labels that do not fit, or
                pairs that are missing or wrong.
        """
        check_count("seed", seed, 0)
        check_count("n_components", self.n_components)
        check_weight("bound", self.bound, positive=True)
        data = check_training(x1, t1, x2, t2)
        self.maps_ = self._maps(data, check_pairs(data, pairs, "paired-cca"), seed)
        return self

    def _maps(
        self, data: Training, pairs: tuple[Codes, Codes], seed: int
    ) -> tuple[Bounded, Bounded]:
        most = max(1, min(self.n_components, len(pairs[0]) // _PAIRS_EACH))
        reduction = Reduction(most, standardise=self.standardise, seed=seed)
        one = whitened(data.x1, data.codes1, reduction, "x1")
        two = whitened(data.x2, data.codes2, reduction, "x2")
        i, j = pairs
        first, second = one.residuals(data.codes1)[i], two.residuals(data.codes2)[j]
        found = Canonical.of(torch.from_numpy(first.T @ second / len(i))[None])
        self.correlations_ = found.rho[0].numpy()
        return canonical_maps(found, (one, two), (data.x1, data.x2), self.bound)

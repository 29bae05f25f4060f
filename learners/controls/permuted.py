"""Controls that learn from permuted labels: whatever they score is not due to the labels."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from learners.base import Learner
from learners.linear.lda import LDA
from learners.neural.groove import GROOVE
from weakpair.registry import Role


class PermutedLabels(Learner):
    """Mixin that has the class behind it learn from labels in random order.

    The labels of either modality are permuted among its cells, each modality on its own, so that
    every label keeps its number of cells and loses its meaning.
    """

    role: ClassVar[Role] = "control"

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        """Learn from training rows whose labels are permuted by the seed; see `Learner.fit`."""
        return super().fit(  # type: ignore[safe-super]
            x1, _permuted(t1, seed, 1), x2, _permuted(t2, seed, 2), seed=seed, device=device
        )


class PermutedLDA(PermutedLabels, LDA):
    """Linear discriminant scores of permuted labels; arguments are those of LDA."""


class PermutedGROOVE(PermutedLabels, GROOVE):
    """GROOVE on permuted labels; arguments are those of GROOVE."""


def _permuted(labels: ArrayLike, seed: int, modality: int) -> Any:
    known = np.asarray(labels)
    if known.ndim != 1:
        return known  # refused by the class behind
    return np.random.default_rng([seed, modality]).permutation(known)

"""Latents made of label posteriors, which mean the same in both modalities."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learners.base import Latent
from learners.inputs import Codes, Features, Training, check_count, check_training
from learners.linear.affine import Affine, MappedLearner
from learners.linear.pca import Reduction, principal_map
from weakpair.errors import ParameterError
from weakpair.registry import Role

Floats = NDArray[np.float64]


class Classifier(Protocol):
    """A fitted classifier of labels."""

    def log_posteriors(self, x: Floats) -> Floats:
        """Logarithms of the posterior of each label, finite, shape (n, labels)."""


@dataclass(frozen=True, eq=False)
class Posteriors:
    """Centred log-ratios of posteriors on principal components: log p_l less its mean over l."""

    components: Affine
    classifier: Classifier

    @property
    def centre(self) -> Floats:
        """The row of features that the components are centred at, shape (k,)."""
        return self.components.centre

    def apply(self, x: Features) -> Latent:
        """Map rows, shape (n, k), to float32 latents, shape (n, labels)."""
        logs = self.classifier.log_posteriors(self.components.exactly(x))
        return np.ascontiguousarray(logs - logs.mean(axis=1, keepdims=True), dtype=np.float32)


class PosteriorLearner(MappedLearner):
    """Base of learners whose coordinate l is the centred log posterior of label l.

    Labels count alike in either modality, whatever their shares, for shares that differ between
    modalities would shift one against the other.
    """

    role: ClassVar[Role] = "baseline"
    n_components: int
    standardise: bool

    @abstractmethod
    def _classifier(self, x: Floats, codes: Codes, seed: int) -> Classifier:
        """A classifier of the labels of these principal components."""

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components)

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",  # noqa: ARG002
    ) -> Self:
        """Learn from training rows; see `Learner.fit`. Always computed on the CPU.

        Raises:
            ParameterError: a wrong parameter, non-finite features, labels that do not fit, or fewer
                than two of them.
        """
        check_count("seed", seed, 0)
        self._check_parameters()
        data: Training = check_training(x1, t1, x2, t2).canonical()
        if data.n_labels < 2:
            raise ParameterError(f"{type(self).__name__} needs cells of at least two labels")
        reduction = Reduction(self.n_components, standardise=self.standardise, seed=seed)
        one = principal_map(data.x1, reduction, "x1")
        two = principal_map(data.x2, reduction, "x2")
        self.maps_ = (
            Posteriors(one, self._classifier(one.exactly(data.x1), data.codes1, seed)),
            Posteriors(two, self._classifier(two.exactly(data.x2), data.codes2, seed)),
        )
        return self

"""Learners that are one affine map per modality, or nearly so, computed on the CPU."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from learners.base import Latent, Learner, Modality
from learners.inputs import Features, Training, check_count, check_features, check_training, slot
from learners.standardise import Standardiser
from weakpair.blocks import by_blocks
from weakpair.errors import ParameterError
from weakpair.registry import Role

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Affine:
    """z = (x - centre) @ weights + offset, with shapes (k,), (k, d) and (d,), in float64."""

    centre: Floats
    weights: Floats
    offset: Floats

    @classmethod
    def linear(cls, centre: Floats, weights: Floats) -> Self:
        """The map that sends `centre` to the origin."""
        return cls(centre, weights, np.zeros(weights.shape[1]))

    def after(self, scaling: Standardiser) -> "Affine":
        """Give the same map for features that are not standardised yet."""
        # A constant column has factor 0, so the value it is centred at does not matter.
        undone = np.divide(
            1.0, scaling.factor, out=np.zeros_like(self.centre), where=scaling.factor > 0
        )
        return Affine(
            scaling.mean + self.centre * undone, scaling.factor[:, None] * self.weights, self.offset
        )

    def then(self, weights: Floats, offset: Floats) -> "Affine":
        """This map followed by z @ weights + offset."""
        return Affine(self.centre, self.weights @ weights, self.offset @ weights + offset)

    def along(self, directions: Floats) -> "Affine":
        """The coordinates of this map along directions, shape (d, m)."""
        return self.then(directions, np.zeros(directions.shape[1]))

    def exactly(self, x: Features) -> Floats:
        """Map rows, shape (n, k), to float64 latents, shape (n, d)."""
        return by_blocks(lambda rows: (rows - self.centre) @ self.weights + self.offset, x)

    def apply(self, x: Features) -> Latent:
        """Map rows, shape (n, k), to float32 latents, shape (n, d)."""
        return np.ascontiguousarray(self.exactly(x), dtype=np.float32)


class Map(Protocol):
    """A fitted map of one modality."""

    @property
    def centre(self) -> Floats:
        """A row of features, shape (k,)."""

    def apply(self, x: Features) -> Latent:
        """Map rows, shape (n, k), to float32 latents, shape (n, d)."""


class MappedLearner(Learner):
    """Base of learners that are one map per modality once they are fitted."""

    maps_: tuple[Map, Map]

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Map rows of one modality, shape (n, k), to latents, shape (n, d), float32.

        Raises:
            ParameterError: not fitted, or features that are not finite or of another width.
        """
        if not hasattr(self, "maps_"):
            raise ParameterError(f"{self!r} is not fitted; call fit before transform")
        fitted = self.maps_[slot(modality)]
        return fitted.apply(check_features(x, f"x{modality}", len(fitted.centre)))


class AffineLearner(MappedLearner):
    """Base of the closed-form baselines; a subclass gives the two maps."""

    role: ClassVar[Role] = "baseline"

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
            ParameterError: a wrong parameter, non-finite features, or labels that do not fit.
        """
        check_count("seed", seed, 0)
        self._check_parameters()
        self.maps_ = self._learn(check_training(x1, t1, x2, t2), seed)
        return self

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise ParameterError where a constructor argument is wrong."""

    @abstractmethod
    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        """The map of each modality."""

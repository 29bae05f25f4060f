"""The features themselves, or a ground truth in their place: nothing is learned."""

from typing import ClassVar, Self

from numpy.typing import ArrayLike

from learners import inputs
from learners.base import Latent, Learner, Modality
from learners.standardise import Standardiser
from weakpair.errors import ParameterError
from weakpair.registry import Role


class Features(Learner):
    """The features themselves, standardised with the training rows' moments by default.

    Latents are as wide as the features, k1 and k2, so only aligners that compare spaces of
    differing widths (Gromov–Wasserstein, co-optimal transport) can use them in general.

    Args:
        standardise: scale features to mean 0 and variance 1; otherwise leave them as they are.
    """

    role: ClassVar[Role] = "baseline"
    needs_labels: ClassVar[bool] = False

    scalings_: tuple[Standardiser, Standardiser]

    def __init__(self, standardise: bool = True) -> None:
        self.standardise = standardise

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,  # noqa: ARG002
        device: str = "cpu",  # noqa: ARG002
    ) -> Self:
        """Keep the moments of the training rows; see `Learner.fit`.

        Raises:
            ParameterError: non-finite features, or labels that do not fit.
        """
        data = inputs.check_training(x1, t1, x2, t2)
        self.scalings_ = (
            Standardiser.of(data.x1, self.standardise),
            Standardiser.of(data.x2, self.standardise),
        )
        return self

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Standardise rows of one modality, shape (n, k), to float32.

        Raises:
            ParameterError: not fitted, or features that are not finite or of another width.
        """
        if not hasattr(self, "scalings_"):
            raise ParameterError(f"{self!r} is not fitted; call fit before transform")
        scaling = self.scalings_[inputs.slot(modality)]
        return scaling.apply(inputs.check_features(x, f"x{modality}", len(scaling.mean)))


class TrueLatents(Features):
    """The true latents of both modalities, without noise (GROOVE, Appendix C)."""

    role: ClassVar[Role] = "oracle"
    reads: ClassVar[str] = "oracle-latents"


class TrueShared(TrueLatents):
    """The shared dimensions of the true latents, without noise."""

    reads: ClassVar[str] = "oracle-shared"


class NoisyShared(TrueLatents):
    """The shared dimensions of the true latents with their noise."""

    reads: ClassVar[str] = "oracle-noisy-shared"


class WeightedShared(TrueLatents):
    """The shared dimensions with noise, weighted by their reliability: the ceiling of matching."""

    reads: ClassVar[str] = "oracle-weighted-shared"

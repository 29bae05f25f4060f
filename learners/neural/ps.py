"""Propensity scores: one label classifier per modality."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax
from torch import Tensor
from torch.nn.functional import cross_entropy

from learners.base import Latent, Modality
from learners.calibrated import calibrated
from learners.inputs import Training, check_choice, check_count
from learners.neural.batches import PlainBatches
from learners.neural.learner import Context, NeuralLearner
from learners.neural.networks import Classifiers, build
from learners.neural.phases import Noise, Phase, PhasedObjective
from learners.neural.training import Batch
from weakpair.errors import ParameterError
from weakpair.params import with_parameters

Output = Literal["logits", "probabilities"]

_FOUND = calibrated("ps")


@with_parameters
class PropensityScore(NeuralLearner):
    """Propensity-score representations (Xi et al., 2024), as in GROOVE's comparison.

    One classifier per modality, with the trunk of the shared encoder, is trained by cross-entropy
    to predict the label. The latents are its logits, one per training label. Both classifiers
    share one Adam, which treats every parameter on its own, so this equals training them apart.

    Widths, learning rate, batch size, epochs and scaling are not in the papers: the defaults are
    ours, those of scaling, steps and learning rate found by a search (`learners.calibrated`).

    Args:
        hidden: width of hidden layers.
        output: "logits", or "probabilities" as in Ji et al., Algorithm 1.

    All others: see `learners.neural.learner.NeuralLearner`. Early stopping watches the
    cross-entropy.
    """

    batches = PlainBatches
    phased = True

    hidden: int = 256
    output: Output = "logits"
    standardise: bool = _FOUND["standardise"]
    steps: int = _FOUND["steps"]
    lr: float = _FOUND["lr"]

    def _check_parameters(self) -> None:
        check_count("hidden", self.hidden)
        check_choice("output", self.output, ("logits", "probabilities"))

    def _objective(
        self, data: Training, context: Context
    ) -> tuple["PropensityObjective", Classifiers]:
        if data.n_labels < 2:
            raise ParameterError("a propensity score needs cells of at least two labels")
        network = build(
            lambda: Classifiers(data.widths, data.n_labels, self.hidden, self.encoder),
            context.weights,
            context.device,
        )
        return PropensityObjective(network, self.lr), network

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Logits or probabilities of the training labels, shape (n, labels), float32.

        Raises:
            ParameterError: not fitted, or features that are not finite or of another width.
        """
        logits = super().transform(x, modality)
        return logits if self.output == "logits" else np.asarray(softmax(logits, axis=1))


class PropensityObjective(PhasedObjective):
    """Cross-entropy of both classifiers."""

    network: Classifiers

    def phases(self) -> Sequence[Phase]:
        """Steps on the sum of both cross-entropies."""
        return (self._classify,)

    def criterion(self, batch: Batch) -> Tensor:
        """The sum of both cross-entropies."""
        losses = self._losses(batch)
        return losses["cross_entropy_1"] + losses["cross_entropy_2"]

    def _classify(self, batch: Batch, noise: Noise) -> tuple[Tensor, dict[str, Tensor]]:  # noqa: ARG002
        losses = self._losses(batch)
        return losses["cross_entropy_1"] + losses["cross_entropy_2"], losses

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        return {
            "cross_entropy_1": cross_entropy(self.network.embed(batch.x1, 1), batch.t1),
            "cross_entropy_2": cross_entropy(self.network.embed(batch.x2, 2), batch.t2),
        }

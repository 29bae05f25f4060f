"""GROOVE: group contrastive learning with on-the-fly back-translation."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from learners.calibrated import calibrated
from learners.inputs import Training, check_choice, check_count, check_weight
from learners.neural.batches import BalancedBatches
from learners.neural.learner import Context, NeuralLearner
from learners.neural.losses import Kernel, Reduction, group_clip, reconstruction
from learners.neural.networks import TwinAutoencoder, build
from learners.neural.phases import Noise, Phase, PhasedObjective, gaussian
from learners.neural.training import Batch
from weakpair.params import with_parameters

_COSINE, _TDIST = calibrated("groove-cosine"), calibrated("groove-tdist")


@with_parameters
class GROOVE(NeuralLearner):
    """GROOVE (Gorla et al., 2026, section 3 and Appendix A) and its ablations.

    Each balanced mini-batch takes two steps of one Adam (Algorithm 1): the first on
    alpha · GroupCLIP + beta · reconstruction, the second on beta · back-translation, whose
    pseudo-samples are decoded in inference mode and without gradient. All three terms are means
    over the two modalities (Eq. 1, 2 and 4; Algorithm 1 sums the reconstruction instead).

    `alpha=0` is the paper's ablation without GroupCLIP, and `backtranslation=False` on top of it
    the plain autoencoder.

    The paper sets dim = 128, alpha = 1, tau = 0.2, and beta = 0.1 on single-cell data. It does
    not say what beta is on simulations, nor give widths, learning rate, batch size, epochs or
    scaling: those defaults are ours. Beta, scaling, steps and learning rate are what a search
    found, see `learners.calibrated`.

    Args:
        dim: latent dimensions d.
        hidden: width of hidden layers; None means 2 · dim.
        kernel: similarity in GroupCLIP, "cosine" or "tdist" (Appendix A.4).
        alpha: weight of GroupCLIP.
        beta: weight of reconstruction and back-translation.
        tau: temperature of the kernel.
        reduction: squared errors are averaged over features ("mean", as in Algorithm 1) or summed
            ("sum", Eq. 1 and 2). A sum over k features is as beta times k.
        backtranslation: take the second step.

    All others: see `learners.neural.learner.NeuralLearner`. An epoch shows every label n_min rows,
    see `BalancedBatches`. Early stopping watches GroupCLIP, or where alpha is 0 the reconstruction.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> t = np.repeat(["a", "b"], 20)
        >>> x1, x2 = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
        >>> learner = GROOVE(dim=3, epochs=2).fit(x1, t, x2, t, seed=1)
        >>> learner.transform(x2, modality=2).shape
        (40, 3)
    """

    batches = BalancedBatches
    phased = True

    dim: int = 128
    hidden: int | None = None
    kernel: Kernel = "cosine"
    alpha: float = 1.0
    beta: float = _COSINE["beta"]
    tau: float = 0.2
    reduction: Reduction = "mean"
    backtranslation: bool = True
    standardise: bool = _COSINE["standardise"]
    steps: int = _COSINE["steps"]
    lr: float = _COSINE["lr"]

    @property
    def loss_weights(self) -> Mapping[str, float]:
        """Alpha and beta."""
        beta = self.beta
        return {"group_clip": self.alpha, "reconstruction": beta, "backtranslation": beta}

    def _check_parameters(self) -> None:
        check_count("dim", self.dim)
        check_count("hidden", 1 if self.hidden is None else self.hidden)
        check_choice("kernel", self.kernel, ("cosine", "tdist"))
        check_choice("reduction", self.reduction, ("mean", "sum"))
        check_weight("alpha", self.alpha)
        check_weight("beta", self.beta)
        check_weight("tau", self.tau, positive=True)

    def _objective(
        self, data: Training, context: Context
    ) -> tuple["GrooveObjective", TwinAutoencoder]:
        hidden = self.hidden or 2 * self.dim
        network = build(
            lambda: TwinAutoencoder(data.widths, self.dim, hidden, self.encoder),
            context.weights,
            context.device,
        )
        return GrooveObjective(self, network, context.noise), network


@with_parameters
class TGROOVE(GROOVE):
    """GROOVE with the t-distribution for a kernel, and the setting that was found for it."""

    kernel: Kernel = "tdist"
    beta: float = _TDIST["beta"]
    standardise: bool = _TDIST["standardise"]
    steps: int = _TDIST["steps"]
    lr: float = _TDIST["lr"]


class GrooveObjective(PhasedObjective):
    """The two steps of GROOVE's Algorithm 1."""

    network: TwinAutoencoder

    def __init__(
        self, learner: GROOVE, network: TwinAutoencoder, generator: torch.Generator
    ) -> None:
        super().__init__(network, learner.lr)
        self.learner, self.generator = learner, generator

    def phases(self) -> Sequence[Phase]:
        """Contrast and reconstruct, then translate back."""
        if self.learner.backtranslation:
            return self._contrast_and_reconstruct, self._translate_back
        return (self._contrast_and_reconstruct,)

    def noise(self, rows1: int, rows2: int) -> Noise:
        """Noise of the latents of both modalities."""
        dim = self.learner.dim
        return gaussian(self.generator, rows1, dim), gaussian(self.generator, rows2, dim)

    def criterion(self, batch: Batch) -> Tensor:
        """GroupCLIP, or the reconstruction where GroupCLIP has no weight."""
        z1, z2 = self.network.embed(batch.x1, 1), self.network.embed(batch.x2, 2)
        return self._group_clip(z1, z2, batch) if self.learner.alpha else self._error(z1, z2, batch)

    def _contrast_and_reconstruct(
        self, batch: Batch, noise: Noise
    ) -> tuple[Tensor, dict[str, Tensor]]:
        learner = self.learner
        z1, z2 = self._latents(batch.x1, batch.x2, noise)
        losses = {"reconstruction": self._error(z1, z2, batch)}
        total = learner.beta * losses["reconstruction"]
        if learner.alpha:
            losses["group_clip"] = self._group_clip(z1, z2, batch)
            total = total + learner.alpha * losses["group_clip"]
        return total, losses

    def _translate_back(self, batch: Batch, noise: Noise) -> tuple[Tensor, dict[str, Tensor]]:
        self.network.eval()
        with torch.no_grad():
            pseudo2 = self.network.decode(self.network.embed(batch.x1, 1), 2)
            pseudo1 = self.network.decode(self.network.embed(batch.x2, 2), 1)
        self.network.train()
        noise1, noise2 = noise
        z1 = self.network.couple(self.network.posterior(pseudo2, 2).at(noise1))
        z2 = self.network.couple(self.network.posterior(pseudo1, 1).at(noise2))
        loss = self._error(z1, z2, batch)
        return self.learner.beta * loss, {"backtranslation": loss}

    def _latents(self, x1: Tensor, x2: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        """Sampled latents of rows of modality 1 and 2."""
        one, two = self.network.posterior(x1, 1), self.network.posterior(x2, 2)
        return self.network.couple(one.at(noise[0])), self.network.couple(two.at(noise[1]))

    def _group_clip(self, z1: Tensor, z2: Tensor, batch: Batch) -> Tensor:
        return group_clip(z1, batch.t1, z2, batch.t2, self.learner.kernel, self.learner.tau)

    def _error(self, z1: Tensor, z2: Tensor, batch: Batch) -> Tensor:
        """Squared error of decoding z1 to modality 1 and z2 to modality 2, averaged over both."""
        reduction = self.learner.reduction
        error1 = reconstruction(batch.x1, self.network.decode(z1, 1), reduction)
        error2 = reconstruction(batch.x2, self.network.decode(z2, 2), reduction)
        return 0.5 * (error1 + error2)

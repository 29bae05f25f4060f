"""DAVAE: a domain-adversarial variational autoencoder with label adaptation."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from learners.calibrated import calibrated
from learners.inputs import Training, check_count, check_weight
from learners.neural.batches import PlainBatches
from learners.neural.encoders import mlp
from learners.neural.learner import Context, NeuralLearner
from learners.neural.losses import gaussian_nll, kl_to_standard_normal
from learners.neural.networks import TwinAutoencoder, build
from learners.neural.training import Batch, Objective, adam, descend
from weakpair.errors import ParameterError
from weakpair.params import with_parameters

_JUDGE = (32, 32)
_JUDGE_EPS = 0.01
"""Hidden widths and Adam's epsilon of the discriminator, as in Ryu et al.'s code. With a wider
one and the usual 1e-8 the game oscillates until latents match at chance."""


_FOUND = calibrated("davae")


@with_parameters
class DAVAE(NeuralLearner):
    """DAVAE (Ryu et al., 2024, after Ashuach et al., 2023), as in GROOVE's comparison.

    The shared architecture trained by the negative ELBO (Gaussian likelihood of unit variance,
    standard normal prior on the encoder's output), while a discriminator learns to tell the
    modality from the latents, the autoencoder learns to make it err, and a linear probe predicts
    the label from the latents. Each mini-batch takes one step of the discriminator's Adam, then
    one of the Adam of autoencoder and probe on

        elbo · (-ELBO) + adversary · CE(discriminator, the other modality)
                       + probe · CE(probe, the label)

    where each term is a mean over the two modalities. The discriminator is small (two hidden
    layers of 32, ReLU) and slow (Adam's epsilon is 0.01), as in the code of Ryu et al. Weights,
    widths, learning rate, batch size and epochs are not in the GROOVE paper: the defaults are
    ours; weights, scaling, steps and learning rate were found by a search
    (`learners.calibrated`).

    Args:
        dim: latent dimensions d.
        hidden: width of the autoencoder's hidden layers; None means 2 · dim.
        elbo: weight of the negative ELBO, which is summed over features and dimensions.
        adversary: weight of making the discriminator err.
        probe: weight of the label probe.
        label_to_discriminator: show the discriminator the label, one-hot, beside the latents.

    All others: see `learners.neural.learner.NeuralLearner`; `lr` is that of both Adams. Early
    stopping watches the loss of the label probe.
    """

    batches = PlainBatches

    dim: int = 128
    hidden: int | None = None
    elbo: float = _FOUND["elbo"]
    adversary: float = _FOUND["adversary"]
    probe: float = _FOUND["probe"]
    label_to_discriminator: bool = False
    standardise: bool = _FOUND["standardise"]
    steps: int = _FOUND["steps"]
    lr: float = _FOUND["lr"]

    @property
    def loss_weights(self) -> Mapping[str, float]:
        """Weights of the losses of autoencoder and probe; the discriminator has its own."""
        return {"negative_elbo": self.elbo, "adversary": self.adversary, "probe": self.probe}

    def _check_parameters(self) -> None:
        check_count("dim", self.dim)
        check_count("hidden", 1 if self.hidden is None else self.hidden)
        check_weight("elbo", self.elbo)
        check_weight("adversary", self.adversary)
        check_weight("probe", self.probe)

    def _objective(
        self, data: Training, context: Context
    ) -> tuple["DavaeObjective", TwinAutoencoder]:
        if data.n_labels < 2:
            raise ParameterError("the label probe needs cells of at least two labels")
        hidden = self.hidden or 2 * self.dim
        extra = data.n_labels if self.label_to_discriminator else 0
        network = build(
            lambda: AdversarialPair(
                data.widths, self.dim, hidden, data.n_labels, extra, self.encoder
            ),
            context.weights,
            context.device,
        )
        return DavaeObjective(self, network, context.noise), network.autoencoder


class AdversarialPair(nn.Module):
    """Autoencoder with its label probe, and the discriminator that it learns to mislead."""

    def __init__(
        self,
        widths: tuple[int, int],
        dim: int,
        hidden: int,
        n_labels: int,
        extra: int,
        encoder: str = "mlp",
    ) -> None:
        super().__init__()
        self.autoencoder = TwinAutoencoder(widths, dim, hidden, encoder)
        self.probe = nn.Linear(dim, n_labels)
        self.discriminator = mlp((dim + extra, *_JUDGE, 2), batch_norm=False)


class DavaeObjective(Objective):
    """Objective that steps with the discriminator first, then with everything else."""

    network: AdversarialPair

    def __init__(
        self, learner: DAVAE, network: AdversarialPair, generator: torch.Generator
    ) -> None:
        self.learner, self.network, self.generator = learner, network, generator
        self.judge = adam(network.discriminator, learner.lr, eps=_JUDGE_EPS)
        self.player = adam(nn.ModuleList([network.autoencoder, network.probe]), learner.lr)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Let the discriminator learn, then the autoencoder and the probe."""
        autoencoder = self.network.autoencoder
        one, two = autoencoder.posterior(batch.x1, 1), autoencoder.posterior(batch.x2, 2)
        z1, z2 = (autoencoder.couple(p.sample(self.generator)) for p in (one, two))
        judged = self._judge(z1.detach(), z2.detach(), batch, flipped=False)
        descend(self.judge, judged)
        losses = {
            "negative_elbo": 0.5
            * (
                gaussian_nll(batch.x1, autoencoder.decode(z1, 1))
                + gaussian_nll(batch.x2, autoencoder.decode(z2, 2))
                + kl_to_standard_normal(*one)
                + kl_to_standard_normal(*two)
            ),
            "adversary": self._judge(z1, z2, batch, flipped=True),
            "probe": self._probe(z1, z2, batch),
        }
        weights = self.learner
        descend(
            self.player,
            weights.elbo * losses["negative_elbo"]
            + weights.adversary * losses["adversary"]
            + weights.probe * losses["probe"],
        )
        return {name: loss.detach() for name, loss in (losses | {"discriminator": judged}).items()}

    def criterion(self, batch: Batch) -> Tensor:
        """Cross-entropy of the label probe."""
        embed = self.network.autoencoder.embed
        return self._probe(embed(batch.x1, 1), embed(batch.x2, 2), batch)

    def _probe(self, z1: Tensor, z2: Tensor, batch: Batch) -> Tensor:
        first = cross_entropy(self.network.probe(z1), batch.t1)
        return 0.5 * (first + cross_entropy(self.network.probe(z2), batch.t2))

    def _judge(self, z1: Tensor, z2: Tensor, batch: Batch, *, flipped: bool) -> Tensor:
        """Cross-entropy of telling the modality, or of taking it for the other one."""
        verdicts = [self._verdict(z1, batch.t1), self._verdict(z2, batch.t2)]
        truths = [
            torch.full((len(verdict),), int(flipped) ^ m, device=verdict.device)
            for m, verdict in enumerate(verdicts)
        ]
        return 0.5 * sum(
            (cross_entropy(v, t) for v, t in zip(verdicts, truths, strict=True)),
            start=torch.zeros((), device=z1.device),
        )

    def _verdict(self, z: Tensor, labels: Tensor) -> Tensor:
        if self.learner.label_to_discriminator:
            z = torch.cat([z, one_hot(labels, self.network.probe.out_features)], dim=1)
        verdict: Tensor = self.network.discriminator(z)
        return verdict

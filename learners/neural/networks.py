"""The networks all neural learners share (GROOVE, Appendices A.2, A.3 and B)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from learners.base import Modality
from learners.neural.encoders import mlp, trunks

JITTER = 1e-4
"""Added to the variance of the posterior in training (GROOVE, Appendix A.2)."""

M = TypeVar("M", bound=nn.Module)


class Posterior(NamedTuple):
    """Gaussian over the encoder's output: mean and log-variance, each (n, d)."""

    mean: Tensor
    log_variance: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """Reparameterised sample, shape (n, d), with `JITTER` added to the variance."""
        return self.at(torch.empty_like(self.mean).normal_(generator=generator))

    def at(self, noise: Tensor) -> Tensor:
        """The sample that standard normal noise, shape (n, d), makes."""
        return self.mean + noise * (self.log_variance.exp() + JITTER).sqrt()


class Embedder(nn.Module, ABC):
    """A network that a fitted learner transforms with."""

    @abstractmethod
    def embed(self, x: Tensor, modality: Modality) -> Tensor:
        """Map rows of one modality, shape (n, k), to latents, shape (n, d)."""


class TwinAutoencoder(Embedder):
    """An encoder and a decoder per modality, joined by one linear layer.

    Encoder: three linear layers, batch norm and ReLU after the first two, giving mean and
    log-variance (2d). Coupling f: a linear layer d → d that both modalities pass. Decoder: two
    linear layers with batch norm and ReLU, then a linear layer.

    Args:
        widths: features of modality 1 and 2.
        dim: latent dimensions d.
        hidden: width of all hidden layers.
        encoder: kind of the encoders, see `learners.neural.encoders`; decoders are dense.
    """

    def __init__(
        self, widths: tuple[int, int], dim: int, hidden: int, encoder: str = "mlp"
    ) -> None:
        super().__init__()
        self.encoders = trunks(encoder, widths, hidden, 2 * dim)
        self.coupling = nn.Linear(dim, dim)
        self.decoders = nn.ModuleList(mlp((dim, hidden, hidden, k)) for k in widths)

    def posterior(self, x: Tensor, modality: Modality) -> Posterior:
        """The encoder's Gaussian, before the coupling layer."""
        mean, log_variance = self.encoders[modality - 1](x).chunk(2, dim=1)
        return Posterior(mean, log_variance)

    def sample(self, x: Tensor, modality: Modality, generator: torch.Generator) -> Tensor:
        """Sampled latents, as in training, shape (n, d)."""
        return self.couple(self.posterior(x, modality).sample(generator))

    def couple(self, h: Tensor) -> Tensor:
        """The shared linear layer f, (n, d) → (n, d)."""
        z: Tensor = self.coupling(h)
        return z

    def embed(self, x: Tensor, modality: Modality) -> Tensor:
        """Latents without sampling: f of the posterior's mean, shape (n, d)."""
        return self.couple(self.posterior(x, modality).mean)

    def decode(self, z: Tensor, modality: Modality) -> Tensor:
        """Features of one modality from latents, shape (n, k)."""
        x: Tensor = self.decoders[modality - 1](z)
        return x


class Classifiers(Embedder):
    """Label classifiers, one per modality, with the encoder's trunk; its logits are the latents.

    Args:
        widths: features of modality 1 and 2.
        n_labels: number of labels, and of outputs.
        hidden: width of the hidden layers.
        encoder: kind of the trunks, see `learners.neural.encoders`.
    """

    def __init__(
        self, widths: tuple[int, int], n_labels: int, hidden: int, encoder: str = "mlp"
    ) -> None:
        super().__init__()
        self.heads = trunks(encoder, widths, hidden, n_labels)

    def embed(self, x: Tensor, modality: Modality) -> Tensor:
        """Logits, shape (n, labels)."""
        logits: Tensor = self.heads[modality - 1](x)
        return logits


def build(factory: Callable[[], M], generator: torch.Generator, device: torch.device) -> M:
    """Make a network whose weights come from `generator`, leaving global random state alone.

    Weights and biases of linear layers and convolutions are uniform within ±1/sqrt(inputs),
    PyTorch's default.
    """
    with torch.device("meta"):
        module = factory()
    module.to_empty(device="cpu")
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, (nn.Linear, nn.Conv2d)):
                bound = part.weight[0].numel() ** -0.5
                for parameter in part.parameters():
                    parameter.uniform_(-bound, bound, generator=generator)
            elif isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
                part.reset_parameters()
    return module.to(device)

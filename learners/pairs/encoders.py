"""The encoders and heads of methods that contrast pairs of cells (IPIC, Algorithm 3)."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from learners.base import Modality
from learners.neural.encoders import mlp, trunks
from learners.neural.networks import Embedder, Posterior

Architecture = Literal["shared", "paper"]
Output = Literal["head", "encoder", "shared"]

# A deviation of e^10: noise that drowns everything. Nothing in losses that compare directions holds
# it down; where they find no signal it would grow until float32 has no number for it.
MOST_LOG_VARIANCE = 20.0

WIDTHS: Mapping[Architecture, int] = {"shared": 128, "paper": 512}
"""Dimensions of the encoder's output h where none are asked for."""


class PairEncoders(Embedder):
    """An encoder per modality, and heads per modality on its output h.

    "shared" is the encoder of all neural learners here: a Gaussian from three linear layers with
    batch norm and ReLU, sampled in training with a log-variance of at most 20, then a linear layer
    that both modalities share. "paper" is that of Ji et al. (2026, Appendix B.2): one linear
    projection. Heads are three-layer MLPs with batch norm and ReLU, as wide as h.

    Args:
        widths: features of modality 1 and 2.
        dim: dimensions of h.
        hidden: width of the shared encoder's hidden layers.
        architecture: "shared" or "paper".
        encoder: kind of the shared encoder, see `learners.neural.encoders`.
        heads: outputs of each head by name; the first one is what "head" embeds with.
        output: what `embed` gives, "head" for the first head's output or "encoder" for h;
            subclasses may know others.
    """

    def __init__(
        self,
        widths: tuple[int, int],
        *,
        dim: int,
        hidden: int,
        architecture: Architecture,
        heads: Mapping[str, int],
        output: Output,
        encoder: str = "mlp",
    ) -> None:
        super().__init__()
        if architecture == "shared":
            self.encoders = trunks(encoder, widths, hidden, 2 * dim)
            self.coupling: nn.Module = nn.Linear(dim, dim)
        else:
            self.encoders = nn.ModuleList(nn.Linear(k, dim) for k in widths)
            self.coupling = nn.Identity()
        self.heads = nn.ModuleDict(
            {
                name: nn.ModuleList(mlp((dim, dim, dim, width)) for _ in widths)
                for name, width in heads.items()
            }
        )
        self.architecture, self.output, self.first = architecture, output, next(iter(heads))

    def encode(self, x: Tensor, modality: Modality) -> Tensor:
        """The encoder's output h without sampling, shape (n, dim)."""
        h: Tensor = self.encoders[modality - 1](x)
        if self.architecture == "shared":
            h = h.chunk(2, dim=1)[0]
        return self._coupled(h)

    def sample(self, x: Tensor, modality: Modality, generator: torch.Generator) -> Tensor:
        """The encoder's output h as in training, shape (n, dim)."""
        if self.architecture == "paper":
            return self.encode(x, modality)
        mean, log_variance = self.encoders[modality - 1](x).chunk(2, dim=1)
        held = log_variance.clamp(max=MOST_LOG_VARIANCE)
        return self._coupled(Posterior(mean, held).sample(generator))

    def head(self, name: str, h: Tensor, modality: Modality) -> Tensor:
        """A head's output for h, (n, dim) → (n, width)."""
        heads: nn.Module = self.heads[name]
        v: Tensor = heads.get_submodule(str(modality - 1))(h)
        return v

    def embed(self, x: Tensor, modality: Modality) -> Tensor:
        """The first head's output or h, without sampling."""
        h = self.encode(x, modality)
        return h if self.output == "encoder" else self.latents(h, modality)

    def latents(self, h: Tensor, modality: Modality) -> Tensor:
        """Latents from h: the first head's output."""
        return self.head(self.first, h, modality)

    def _coupled(self, h: Tensor) -> Tensor:
        z: Tensor = self.coupling(h)
        return z

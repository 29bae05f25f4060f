"""Parameters, network and step of all methods that contrast pairs of cells."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from learners.base import Modality
from learners.inputs import Training, check_choice, check_count, check_weight
from learners.neural.batches import Batches, Rows
from learners.neural.learner import Context, NeuralLearner
from learners.neural.losses import group_clip
from learners.neural.networks import build
from learners.neural.training import Batch, Objective, adam, descend
from learners.pairs.contrastive import Candidates
from learners.pairs.encoders import WIDTHS, Architecture, Output, PairEncoders
from learners.pairs.matching.pairs import PairedBatches, Pairs, random_pairs
from weakpair.errors import ParameterError
from weakpair.params import with_parameters

_ROWS = 8192  # rows per pass when all are encoded: bounds memory


@with_parameters
class PairedLearner(NeuralLearner):
    """Base of the methods of Ji et al. (2026): one encoder and head per modality, pairs, a loss.

    Cells are paired at random inside their labels, once, as the paper makes unpaired data into
    pairs; a subclass may pair otherwise. The paper says neither tau nor, outside its own data, the
    learning rate, batch size and steps: those defaults are ours, as is the scaling.

    Args:
        architecture: "shared", the encoder of all neural learners here, or "paper", one linear
            projection (Appendix B.2).
        dim: dimensions of the encoder's output h and of the head's v; None means 128 for "shared"
            and 512 for "paper".
        hidden: width of the shared encoder's hidden layers; None means 2 · dim.
        output: the latents, "head" for v, in which the modalities were compared, or "encoder" for
            h, which the paper probes.
        tau: temperature of the cosine.
        candidates: what a positive is contrasted with, "others" for all samples but itself, as in
            the paper's formulas, or "all".

    All others: see `learners.neural.learner.NeuralLearner`. A mini-batch has `batch_size` pairs, an
    epoch shows every pair once. Early stopping watches GroupCLIP of the latents, which needs labels
    but no pairs.
    """

    version: ClassVar[int] = 2
    batches = PairedBatches
    outputs: ClassVar[tuple[Output, ...]] = ("head", "encoder")
    network: ClassVar[type[PairEncoders]] = PairEncoders
    objective: ClassVar[type["PairedObjective"]]

    architecture: Architecture = "shared"
    dim: int | None = None
    hidden: int | None = None
    output: Output = "head"
    tau: float = 0.2
    candidates: Candidates = "others"

    @property
    def _dim(self) -> int:
        return WIDTHS[self.architecture] if self.dim is None else self.dim

    def _check_parameters(self) -> None:
        check_choice("architecture", self.architecture, ("shared", "paper"))
        check_choice("output", self.output, self.outputs)
        if self.architecture == "paper" and self.encoder != "mlp":
            raise ParameterError(
                f"encoder {self.encoder!r} is one of architecture 'shared'; 'paper' is linear"
            )
        check_choice("candidates", self.candidates, ("others", "all"))
        check_count("dim", 1 if self.dim is None else self.dim)
        check_count("hidden", 1 if self.hidden is None else self.hidden)
        check_weight("tau", self.tau, positive=True)

    def _heads(self, data: Training) -> dict[str, int]:  # noqa: ARG002
        """Outputs of the heads by name; the first one's are the latents."""
        return {"f": self._dim}

    def _built(self, data: Training, context: Context) -> PairEncoders:
        return build(
            lambda: self.network(
                data.widths,
                dim=self._dim,
                hidden=self.hidden or 2 * self._dim,
                architecture=self.architecture,
                heads=self._heads(data),
                output=self.output,
                encoder=self.encoder,
            ),
            context.weights,
            context.device,
        )

    def _objective(
        self, data: Training, context: Context
    ) -> tuple["PairedObjective", PairEncoders]:
        network = self._built(data, context)
        return self.objective(self, network, data, context), network


class PairedObjective(Objective):
    """Pairs the cells and descends on the weighted sum of a method's losses."""

    network: PairEncoders

    def __init__(
        self, learner: PairedLearner, network: PairEncoders, data: Training, context: Context
    ) -> None:
        self.tau, self.candidates = learner.tau, learner.candidates
        self.network, self.data, self.device = network, data, context.device
        self.generator = context.noise
        seed = torch.randint(2**62, (1,), generator=context.weights)
        self.rng = np.random.default_rng(int(seed))
        self.optimiser = adam(network, learner.lr)

    def weights(self) -> Mapping[str, float]:
        """Weights of the losses, by name; a loss not named counts once."""
        return {}

    @abstractmethod
    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:
        """The losses of a batch of pairs, by name, given the encoders' outputs (B, dim)."""

    def pairs(self, rows1: Rows, rows2: Rows) -> Pairs:
        """Pairs of the given rows, drawn before training."""
        found = random_pairs(self.data.codes1[rows1], self.data.codes2[rows2], self.rng)
        return Pairs(rows1[found.rows1], rows2[found.rows2])

    def begin(self, epoch: int, rows1: Rows, rows2: Rows, sampler: Batches) -> None:
        """Pair the cells before the first epoch."""
        if epoch == 1:
            self.hand_out(self.pairs(rows1, rows2), rows1, rows2, sampler)

    def hand_out(self, pairs: Pairs, rows1: Rows, rows2: Rows, sampler: Batches) -> None:
        """Draw mini-batches from these pairs from now on."""
        assert isinstance(sampler, PairedBatches)
        sampler.pairs = Pairs(
            np.searchsorted(rows1, pairs.rows1), np.searchsorted(rows2, pairs.rows2)
        )

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Take one step on the weighted sum."""
        h1 = self.network.sample(batch.x1, 1, self.generator)
        h2 = self.network.sample(batch.x2, 2, self.generator)
        losses, weights = self.losses(batch, h1, h2), self.weights()
        total = torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()])
        descend(self.optimiser, total.sum())
        return {name: loss.detach() for name, loss in losses.items()}

    def criterion(self, batch: Batch) -> Tensor:
        """GroupCLIP of the latents."""
        z1, z2 = self.network.embed(batch.x1, 1), self.network.embed(batch.x2, 2)
        return group_clip(z1, batch.t1, z2, batch.t2, tau=self.tau)

    def encoded(self, rows: Rows, modality: Modality) -> Tensor:
        """The encoder's output for rows of the training data in inference mode, (n, dim)."""
        x = self.data.x1 if modality == 1 else self.data.x2
        self.network.eval()
        with torch.no_grad():
            return torch.cat(
                [
                    self.network.encode(torch.from_numpy(x[part]).to(self.device), modality)
                    for part in np.split(rows, range(_ROWS, len(rows), _ROWS))
                ]
            )

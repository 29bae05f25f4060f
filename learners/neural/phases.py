"""Objectives whose steps are losses of a network, a mini-batch and noise, and nothing else.

Such an objective can be trained alone, or together with others of the same shape: see
`learners.neural.together`.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import final

import torch
from torch import Tensor, nn

from learners.neural.batches import Batches, Rows
from learners.neural.training import Batch, Objective, adam, descend

Noise = tuple[Tensor, ...]
Phase = Callable[[Batch, Noise], tuple[Tensor, dict[str, Tensor]]]
"""Function of a mini-batch and noise: what is minimised, and the losses by name.

It draws no random numbers, and what it computes it computes from the parameters of `network`.
"""


class PhasedObjective(Objective):
    """Takes a step of one Adam along each of its phases.

    Args:
        network: what is trained, all of it.
        lr: learning rate of Adam.
    """

    def __init__(self, network: nn.Module, lr: float) -> None:
        self.network = network
        self.lr = lr
        self.optimiser = adam(network, lr)

    @final
    def begin(self, epoch: int, rows1: Rows, rows2: Rows, sampler: Batches) -> None:
        """Do nothing: an epoch is its mini-batches."""

    @abstractmethod
    def phases(self) -> Sequence[Phase]:
        """Phases that a mini-batch goes through, in this order; the same for every batch."""

    def noise(self, rows1: int, rows2: int) -> Noise:  # noqa: ARG002
        """Draw what a phase needs for a mini-batch of so many rows; by default nothing."""
        return ()

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Go through the phases."""
        return {
            name: loss for phase in self.phases() for name, loss in self.take(phase, batch).items()
        }

    def take(self, phase: Phase, batch: Batch) -> dict[str, Tensor]:
        """Take one step of the optimiser; the losses, detached."""
        total, losses = phase(batch, self.noise(len(batch.x1), len(batch.x2)))
        descend(self.optimiser, total)
        return {name: loss.detach() for name, loss in losses.items()}


def gaussian(generator: torch.Generator, rows: int, width: int) -> Tensor:
    """Standard normal noise on the generator's device, shape (rows, width)."""
    return torch.empty(rows, width, device=generator.device).normal_(generator=generator)

"""Controls: the networks of other learners as they are before their first step."""

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from learners.base import FitReport, Modality
from learners.inputs import Features
from learners.neural.groove import GROOVE
from learners.neural.learner import NeuralLearner, rows_per_pass
from learners.neural.networks import Embedder
from learners.pairs.ipic import IPIC
from weakpair.errors import ParameterError
from weakpair.registry import Role


class Unmoved(NeuralLearner):
    """Replaces the training of a learner: weights stay as drawn, batch norm gets its moments.

    Arguments are all those of the learner, so that one setting serves it and its control; those
    of training have no effect. Weights are those that the learner starts from with the same seed.
    Labels are checked and not used.
    """

    role: ClassVar[Role] = "control"
    needs_labels: ClassVar[bool] = False

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        """Draw weights, and take the batch norm's moments from the training rows.

        Raises:
            ParameterError: as `NeuralLearner.fit`, or fewer than two cells of a modality.
        """
        start = self.start(x1, t1, x2, t2, seed=seed, device=device)
        take_moments(self.network_, (start.data.x1, start.data.x2), start.device)
        self.report_ = FitReport()
        return self


class Untrained(Unmoved, IPIC):
    """The encoders and the head of IPIC and its family, untrained.

    Arguments are those of `learners.pairs.ipic.IPIC`. What a trained network scores above
    this it has learned; what this scores above `constant` the features give to any network.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> t = np.repeat(["a", "b"], 20)
        >>> x1, x2 = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
        >>> Untrained(dim=3, output="encoder").fit(x1, t, x2, t).transform(x2, modality=2).shape
        (40, 3)
    """

    # It matches no cells: what raises the version of IPIC need not raise this one.
    version: ClassVar[int] = 1


class UntrainedAutoencoder(Unmoved, GROOVE):
    """The encoders of GROOVE, untrained; arguments are those of `learners.neural.groove.GROOVE`.

    The linear layer that both modalities pass is one and the same, as in GROOVE; the encoders
    before it know nothing of each other.
    """


def take_moments(
    network: Embedder, features: tuple[Features, Features], device: torch.device
) -> None:
    """Set the moments of all batch norms that `embed` passes to those of the rows.

    Leaves the network in inference mode. Rows that are too many for one pass go in passes of like
    size, whose moments are averaged.

    Args:
        network: its weights are left alone.
        features: rows of modality 1, (n1, k1), and of modality 2, (n2, k2).
        device: where the network lies.

    Raises:
        ParameterError: a modality has fewer than two rows.
    """
    if min(map(len, features)) < 2:
        raise ParameterError("batch norm needs at least two cells of each modality; there is one")
    momenta = {norm: norm.momentum for norm in _norms(network)}
    for norm in momenta:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average of the passes
    network.train()
    with torch.no_grad():
        _pass(network, features[0], 1, device)
        _pass(network, features[1], 2, device)
    network.eval()
    for norm, momentum in momenta.items():
        norm.momentum = momentum


def _pass(network: Embedder, x: Features, modality: Modality, device: torch.device) -> None:
    for part in np.array_split(x, -(-len(x) // rows_per_pass(x.shape[1]))):
        network.embed(torch.from_numpy(part).to(device), modality)


def _norms(network: nn.Module) -> Iterator[nn.BatchNorm1d | nn.BatchNorm2d]:
    return (
        part for part in network.modules() if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d))
    )

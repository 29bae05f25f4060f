"""Algorithm 1 of IPIC: propensity scores, matching scores inside labels, pairs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from learners.inputs import Codes
from learners.neural.batches import Rows
from learners.neural.encoders import Encoder
from learners.neural.ps import PropensityScore
from learners.pairs.matching.scores import Block

Points = NDArray[np.float32]


class Coupled(NamedTuple):
    """Scores of every label, and the largest L1 error of a plan's marginals."""

    blocks: list[Block]
    error: float


Coupling = Callable[[Points, Codes, Points, Codes, torch.device], Coupled]
"""Function of points and label codes of both modalities, and a device, that gives scores.

The blocks number the rows of the points.
"""


@dataclass(frozen=True, eq=False)
class Side:
    """Cells of one modality: points (n, d), label codes (n,), and their rows in the data (n,)."""

    x: Points
    codes: Codes
    rows: Rows


@dataclass(frozen=True)
class Matcher:
    """Matches the cells of each label by a coupling of their propensity scores.

    Attributes:
        coupling: scores the pairs of each label.
        epochs: epochs the propensity classifiers are trained.
        hidden: width of the two hidden layers of the classifiers.
        encoder: kind of the classifiers, see `learners.neural.encoders`.
    """

    coupling: Coupling
    epochs: int
    hidden: int = 256
    encoder: Encoder = "mlp"

    def match(self, side1: Side, side2: Side, *, seed: int, device: torch.device) -> Coupled:
        """Scores of every label, whose blocks number the rows of the data.

        Args:
            side1: cells of modality 1.
            side2: cells of modality 2, of the same labels.
            seed: source of the classifiers' randomness.
            device: where to compute.

        Raises:
            ParameterError: there is one label only.
            MethodError: a classifier diverged, or the coupling met a number that is not finite.
        """
        score = PropensityScore(
            hidden=self.hidden, output="probabilities", epochs=self.epochs, encoder=self.encoder
        ).fit(side1.x, side1.codes, side2.x, side2.codes, seed=seed, device=str(device))
        one, two = score.transform(side1.x, 1), score.transform(side2.x, 2)
        found = self.coupling(one, side1.codes, two, side2.codes, device)
        blocks = [Block(side1.rows[r], side2.rows[c], block) for r, c, block in found.blocks]
        return Coupled(blocks, found.error)

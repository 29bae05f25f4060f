"""Algorithm 1 of IPIC: propensity scores, matching scores inside labels, pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from learners.inputs import Codes, check_choice, check_count, check_weight
from learners.neural.batches import Rows
from learners.neural.ps import PropensityScore
from learners.pairs.matching.scores import Block, How, blocks_of, jaccard, transport

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Matcher:
    """How cells of a label are matched.

    Attributes:
        how: "ot", entropic transport, or "snn", shared nearest neighbours.
        epsilon: regularisation of "ot", as a share of the largest cost of all labels.
        neighbours: neighbourhood size of "snn".
        hidden: width of the two hidden layers of the propensity classifiers.
        epochs: epochs the classifiers are trained.
        tol: largest L1 error of a plan's marginals.
        max_iter: cap on Sinkhorn iterations.
    """

    how: How
    epsilon: float
    neighbours: int
    epochs: int
    hidden: int = 256
    tol: float = 1e-3
    max_iter: int = 2000

    def check(self) -> None:
        """Raise ParameterError where a value is out of range."""
        check_choice("matching", self.how, ("ot", "snn"))
        check_weight("epsilon", self.epsilon, positive=True)
        check_count("neighbours", self.neighbours)
        check_count("matching_epochs", self.epochs)

    def match(
        self, side1: "Side", side2: "Side", seed: int, device: torch.device
    ) -> tuple[list[Block], float]:
        """Scores of every label, and the largest error of a plan's marginals.

        Args:
            side1: cells of modality 1.
            side2: cells of modality 2, of the same labels.
            seed: source of the classifiers' randomness.
            device: where to compute.

        Raises:
            ParameterError: there is one label only.
            MethodError: a classifier diverged.
        """
        score = PropensityScore(hidden=self.hidden, output="probabilities", epochs=self.epochs).fit(
            side1.x, side1.codes, side2.x, side2.codes, seed=seed, device=str(device)
        )
        one, two = score.transform(side1.x, 1), score.transform(side2.x, 2)
        groups = blocks_of(side1.codes, side2.codes)
        scores, error = self._scores(one, two, groups, device)
        blocks = [
            Block(side1.rows[r], side2.rows[c], np.asarray(block, dtype=np.float32))
            for (r, c), block in zip(groups, scores, strict=True)
        ]
        return blocks, error

    def _scores(
        self, one: Points, two: Points, groups: Sequence[tuple[Rows, Rows]], device: torch.device
    ) -> tuple[list[NDArray[np.float64]], float]:
        if self.how == "snn":
            return [jaccard(one[r], two[c], self.neighbours) for r, c in groups], 0.0
        return transport(
            one,
            two,
            groups,
            epsilon=self.epsilon,
            tol=self.tol,
            max_iter=self.max_iter,
            device=device,
        )


@dataclass(frozen=True, eq=False)
class Side:
    """Cells of one modality: points (n, d), label codes (n,), and their rows in the data (n,)."""

    x: Points
    codes: Codes
    rows: Rows

"""One-time matching: InfoNCE on pairs that propensity scores suggest."""

from typing import ClassVar

from learners.inputs import Training
from learners.neural.batches import Rows
from learners.neural.learner import Context
from learners.pairs.encoders import PairEncoders
from learners.pairs.infonce import InfoNCEObjective
from learners.pairs.matching.couplings import How, check_matching, coupling
from learners.pairs.matching.matcher import Matcher, Side
from learners.pairs.matching.pairs import Pairs
from learners.pairs.matching.scores import suggested_pairs
from learners.pairs.paired import PairedLearner
from weakpair.params import with_parameters


class MatchOnceObjective(InfoNCEObjective):
    """InfoNCE on the pairs of Algorithm 1."""

    def __init__(
        self, learner: "MatchOnce", network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.matcher, self.error = learner.matcher, 0.0

    def pairs(self, rows1: Rows, rows2: Rows) -> Pairs:
        """The pairs of the largest total matching score."""
        side1 = Side(self.data.x1[rows1], self.data.codes1[rows1], rows1)
        side2 = Side(self.data.x2[rows2], self.data.codes2[rows2], rows2)
        seed = int(self.rng.integers(2**31))
        blocks, self.error = self.matcher.match(side1, side2, seed=seed, device=self.device)
        return suggested_pairs(blocks)

    def facts(self) -> dict[str, float | str]:
        """The error of the transport plans' marginals."""
        return {"matching_error": self.error}


@with_parameters
class MatchOnce(PairedLearner):
    """1X-Matching (Ji et al., 2026, Appendix B): match once inside labels, then InfoNCE.

    One classifier per modality predicts the label; its probabilities are compared within each
    label (Algorithm 1), and the pairs so found are taken for true ones.

    Args:
        matching: "ot", entropic transport, or "snn", shared nearest neighbours.
        epsilon: regularisation of "ot", as a share of the largest cost (the paper gives none).
        neighbours: neighbourhood size of "snn".
        matching_epochs: epochs the classifiers are trained.

    All others: see `learners.pairs.paired.PairedLearner`.
    """

    version: ClassVar[int] = 3
    objective = MatchOnceObjective

    matching: How = "ot"
    epsilon: float = 0.005
    neighbours: int = 30
    matching_epochs: int = 10

    @property
    def matcher(self) -> Matcher:
        """Matcher of the cells of each label."""
        scored = coupling(self.matching, epsilon=self.epsilon, neighbours=self.neighbours)
        return Matcher(scored, epochs=self.matching_epochs, encoder=self.encoder)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_matching(
            matching=self.matching,
            epsilon=self.epsilon,
            neighbours=self.neighbours,
            epochs=self.matching_epochs,
        )

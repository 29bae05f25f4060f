"""One-time matching: InfoNCE on pairs that propensity scores suggest."""

from learners.batches import Rows
from learners.contrastive import Candidates
from learners.encoders import Architecture, Output, PairEncoders
from learners.infonce import InfoNCEObjective
from learners.inputs import Training
from learners.matcher import Matcher, Side
from learners.matching import How, suggested_pairs
from learners.neural import Context
from learners.paired import PairedLearner
from learners.pairing import Pairs


class MatchOnce(PairedLearner):
    """1X-Matching (Ji et al., 2026, Appendix B): match once inside labels, then InfoNCE.

    One classifier per modality predicts the label; its probabilities are compared within each
    label (Algorithm 1), and the pairs so found are taken for true ones.

    Args:
        matching: "ot", entropic transport, or "snn", shared nearest neighbours.
        epsilon: regularisation of "ot", as a share of the largest cost (the paper gives none).
        neighbours: neighbourhood size of "snn".
        matching_epochs: epochs the classifiers are trained.
        architecture: this and all others: see `learners.paired.PairedLearner`.
        dim: see there.
        hidden: see there.
        output: see there.
        tau: see there.
        candidates: see there.
        standardise: see there.
        epochs: see there.
        batch_size: see there.
        lr: see there.
        early_stopping: see there.
        validation_share: see there.
    """

    def __init__(
        self,
        matching: How = "ot",
        epsilon: float = 0.005,
        neighbours: int = 30,
        matching_epochs: int = 10,
        architecture: Architecture = "shared",
        dim: int | None = None,
        hidden: int | None = None,
        output: Output = "head",
        tau: float = 0.2,
        candidates: Candidates = "others",
        standardise: bool = True,
        epochs: int = 10,
        batch_size: int = 200,
        lr: float = 1e-3,
        early_stopping: int | None = None,
        validation_share: float = 0.1,
    ) -> None:
        super().__init__(
            architecture,
            dim,
            hidden,
            output,
            tau,
            candidates,
            standardise,
            epochs,
            batch_size,
            lr,
            early_stopping,
            validation_share,
        )
        self.matching: How = matching
        self.epsilon = epsilon
        self.neighbours = neighbours
        self.matching_epochs = matching_epochs

    @property
    def matcher(self) -> Matcher:
        """How cells are matched."""
        return Matcher(self.matching, self.epsilon, self.neighbours, self.matching_epochs)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        self.matcher.check()

    def _objective(
        self, data: Training, context: Context
    ) -> tuple["MatchOnceObjective", PairEncoders]:
        network = self._built(data, context)
        return MatchOnceObjective(self, network, data, context), network


class MatchOnceObjective(InfoNCEObjective):
    """InfoNCE on the pairs of Algorithm 1."""

    def __init__(
        self, learner: MatchOnce, network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.matcher, self.error = learner.matcher, 0.0

    def pairs(self, rows1: Rows, rows2: Rows) -> Pairs:
        """The pairs of the largest total matching score."""
        side1 = Side(self.data.x1[rows1], self.data.codes1[rows1], rows1)
        side2 = Side(self.data.x2[rows2], self.data.codes2[rows2], rows2)
        seed = int(self.rng.integers(2**31))
        blocks, self.error = self.matcher.match(side1, side2, seed, self.device)
        return suggested_pairs(blocks)

    def facts(self) -> dict[str, float | str]:
        """The error of the transport plans' marginals."""
        return {"matching_error": self.error}

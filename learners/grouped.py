"""What methods share whose anchors have several positives."""

from learners.contrastive import Candidates, Reduction
from learners.encoders import Architecture, Output, PairEncoders
from learners.inputs import Training, check_choice
from learners.neural import Context
from learners.paired import PairedLearner, PairedObjective


class GroupedLearner(PairedLearner):
    """Base of the methods with several positives per anchor.

    Args:
        reduction: an anchor's positives are averaged, "mean", as Khosla et al. (2020) do, or
            summed, "sum", as Ji et al. (2026) print Eq. 3, 5 and 9.
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
        reduction: Reduction = "mean",
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
        self.reduction: Reduction = reduction

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("reduction", self.reduction, ("mean", "sum"))


class GroupedObjective(PairedObjective):
    """Keeps how an anchor's positives are reduced."""

    def __init__(
        self, learner: GroupedLearner, network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.reduction = learner.reduction

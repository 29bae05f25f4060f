"""Base of the methods whose anchors have several positives."""

from learners.inputs import Training, check_choice
from learners.neural.learner import Context
from learners.pairs.contrastive import Reduction
from learners.pairs.encoders import PairEncoders
from learners.pairs.paired import PairedLearner, PairedObjective
from weakpair.params import with_parameters


@with_parameters
class GroupedLearner(PairedLearner):
    """Base of the methods with several positives per anchor.

    Args:
        reduction: an anchor's positives are averaged, "mean", as Khosla et al. (2020) do, or
            summed, "sum", as Ji et al. (2026) print Eq. 3, 5 and 9.

    All others: see `learners.pairs.paired.PairedLearner`.
    """

    reduction: Reduction = "mean"

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("reduction", self.reduction, ("mean", "sum"))


class GroupedObjective(PairedObjective):
    """Objective with several positives per anchor, which it sums or averages."""

    def __init__(
        self, learner: GroupedLearner, network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.reduction = learner.reduction

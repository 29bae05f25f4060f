"""WCL: the clusters that a mini-batch falls into are its weak labels."""

from collections.abc import Mapping

from torch import Tensor

from learners.neural.training import Batch
from learners.pairs.clustering import components
from learners.pairs.contrastive import wcl
from learners.pairs.grouped import GroupedLearner, GroupedObjective


class WCLObjective(GroupedObjective):
    """WCL's loss (Eq. 5) with the components of the head's outputs."""

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:  # noqa: ARG002
        """SupCon with the partners' components in place of labels."""
        v1, v2 = self.network.head("f", h1, 1), self.network.head("f", h2, 2)
        c1, c2 = components(v1), components(v2)
        return {
            "wcl": wcl(
                v1,
                c1,
                v2,
                c2,
                tau=self.tau,
                candidates=self.candidates,
                reduction=self.reduction,
            )
        }


class WCL(GroupedLearner):
    """Weakly supervised contrastive learning (Zheng et al., 2021) as in Ji et al. (2026), Eq. 5.

    In each mini-batch and modality, vectors joined with their nearest neighbours fall into
    connected components; an anchor's positives are the component of its partner. Labels only pair
    the cells. As in Ji et al., only the weakly supervised loss is taken over, not the
    instance-wise one. Arguments are those of `learners.pairs.grouped.GroupedLearner`.
    """

    objective = WCLObjective

"""SupCon and InfoCore: all cells of the other modality with the anchor's label are positives."""

from collections.abc import Mapping

from torch import Tensor

from learners.neural.training import Batch
from learners.pairs.contrastive import info_nce, sup_con
from learners.pairs.grouped import GroupedLearner, GroupedObjective


class SupConObjective(GroupedObjective):
    """SupCon's loss (Ji et al., 2026, Eq. 3)."""

    def sup_con(self, v1: Tensor, v2: Tensor, batch: Batch) -> Tensor:
        """SupCon of vectors (B, d), with the learner's settings."""
        return sup_con(
            v1,
            batch.t1,
            v2,
            batch.t2,
            tau=self.tau,
            candidates=self.candidates,
            reduction=self.reduction,
        )

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:
        """SupCon of the head's outputs."""
        v1, v2 = self.network.head("f", h1, 1), self.network.head("f", h2, 2)
        return {"sup_con": self.sup_con(v1, v2, batch)}


class InfoCoreObjective(SupConObjective):
    """InfoCore's loss (Ji et al., 2026, Eq. 4)."""

    def weights(self) -> Mapping[str, float]:
        """Weights of both losses, a half each."""
        return {"sup_con": 0.5, "info_nce": 0.5}

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:
        """SupCon and InfoNCE of the same head's outputs."""
        v1, v2 = self.network.head("f", h1, 1), self.network.head("f", h2, 2)
        return {
            "sup_con": self.sup_con(v1, v2, batch),
            "info_nce": info_nce(v1, v2, self.tau, self.candidates),
        }


class SupCon(GroupedLearner):
    """SupCon (Khosla et al., 2020) across modalities, as in Ji et al. (2026), Eq. 3.

    Arguments are those of `learners.pairs.grouped.GroupedLearner`.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> t = np.repeat(["a", "b"], 20)
        >>> x1, x2 = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
        >>> learner = SupCon(dim=3, epochs=2).fit(x1, t, x2, t, seed=1)
        >>> learner.transform(x2, modality=2).shape
        (40, 3)
    """

    objective = SupConObjective


class InfoCore(GroupedLearner):
    """InfoCore (Wang et al., 2024) as Ji et al. (2026) put it: ½ SupCon + ½ InfoNCE (Eq. 4).

    SupCon averages an anchor's positives by default: summed, as Eq. 3 is printed, it would outweigh
    InfoNCE by the number of positives, and InfoCore could not stand midway between the two, as it
    does in the paper's Table 1. Arguments are those of `learners.pairs.grouped.GroupedLearner`.
    """

    objective = InfoCoreObjective

"""XDC: each modality predicts the clusters of the other."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

import torch
from torch import Tensor

from learners.base import Modality
from learners.inputs import Training, check_weight
from learners.neural.batches import Batches, Rows
from learners.neural.learner import Context
from learners.neural.training import Batch
from learners.pairs.clustering import k_means
from learners.pairs.contrastive import Candidates, cross_cluster
from learners.pairs.encoders import PairEncoders
from learners.pairs.paired import PairedLearner, PairedObjective
from weakpair.params import with_parameters


class ClusterEncoders(PairEncoders):
    """Encoders with heads that classify clusters."""

    def latents(self, h: Tensor, modality: Modality) -> Tensor:
        """Input of the classifier, the head's last layer, (n, dim)."""
        *layers, _ = self.heads.get_submodule(f"{self.first}.{modality - 1}").children()
        for layer in layers:
            h = layer(h)
        return h


class XDCObjective(PairedObjective):
    """Cross-entropy of the partners' clusters."""

    def __init__(
        self, learner: "XDC", network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.k = learner.count(data)
        sizes = (len(data.x1), len(data.x2))
        self.clusters = [torch.zeros(n, dtype=torch.int64, device=self.device) for n in sizes]

    def begin(self, epoch: int, rows1: Rows, rows2: Rows, sampler: Batches) -> None:
        """Cluster all cells anew."""
        super().begin(epoch, rows1, rows2, sampler)
        self._cluster(rows1, 1, fresh=epoch == 1)
        self._cluster(rows2, 2, fresh=epoch == 1)

    def _cluster(self, rows: Rows, modality: Modality, *, fresh: bool) -> None:
        where = torch.from_numpy(rows).to(self.device)
        before = self.clusters[modality - 1]
        earlier = None if fresh else before[where]
        h = self.encoded(rows, modality)
        before[where] = k_means(h, self.k, self.generator, earlier)

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:
        """Cross-entropy, averaged over both modalities."""
        logits1, logits2 = self.network.head("f", h1, 1), self.network.head("f", h2, 2)
        c1, c2 = self.clusters[0][batch.rows1], self.clusters[1][batch.rows2]
        return {"cross_cluster": cross_cluster(logits1, c1, logits2, c2)}


@with_parameters
class XDC(PairedLearner):
    """Cross-modal deep clustering (Alwassel et al., 2020) as in Ji et al. (2026), Appendix B.

    Before every epoch the encoder's outputs of all training cells are clustered by k-means, each
    modality on its own; the head of each modality
    classifies the cluster of the cell's partner in the other. From the second epoch on k-means
    starts from the clusters before, so that their numbers keep their meaning. (The paper leaves
    open when clusters are made; numbers that change with every mini-batch could not be learned.)

    A head's last layer is the classifier; latents are what it reads, the head's last hidden layer,
    or h where `output` is "encoder", which the paper probes. The logits themselves would tell a
    probe no more than clusters, in as few dimensions. Logits are of the *other* modality's
    clusters, so latents of modality 1 and 2 mean different things; no output of XDC puts both
    modalities into one space. It stands here for what can be predicted from its latents.

    Args:
        clusters: number of clusters as a multiple of the number of labels; at least 2 are made.
        output: the latents, "head" for the layer before the classifier or "encoder" for h.

    All others: see `learners.pairs.paired.PairedLearner`.
    """

    version: ClassVar[int] = 3
    network = ClusterEncoders
    objective = XDCObjective

    clusters: float = 1.0
    candidates: Candidates = field(default="all", init=False)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_weight("clusters", self.clusters, positive=True)

    def count(self, data: Training) -> int:
        """The number of clusters."""
        return max(2, round(self.clusters * data.n_labels))

    def _heads(self, data: Training) -> dict[str, int]:
        return {"f": self.count(data)}

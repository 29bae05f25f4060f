"""IPIC: matching inside treatments, clusters across them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from torch import Tensor

from learners.calibrated import calibrated
from learners.inputs import Training, check_count, check_weight
from learners.neural.batches import Batches, Rows
from learners.neural.learner import Context
from learners.neural.training import Batch
from learners.pairs.clustering import k_means
from learners.pairs.contrastive import in_batch, inter, intra
from learners.pairs.encoders import PairEncoders
from learners.pairs.grouped import GroupedLearner, GroupedObjective
from learners.pairs.matching.couplings import How, check_matching, coupling
from learners.pairs.matching.matcher import Matcher, Side
from learners.pairs.matching.pairs import Pairs
from learners.pairs.matching.scores import Matching, suggested_pairs
from weakpair.params import with_parameters

_FOUND = calibrated("ipic")


class IPICObjective(GroupedObjective):
    """Training of IPIC (Algorithm 3)."""

    matching: Matching

    def __init__(
        self, learner: "IPIC", network: PairEncoders, data: Training, context: Context
    ) -> None:
        super().__init__(learner, network, data, context)
        self.learner, self.error = learner, 0.0
        self.n_clusters = max(2, round(learner.clusters * data.n_labels))

    def pairs(self, rows1: Rows, rows2: Rows) -> Pairs:
        """Match the features, keep the scores, and pair the cells (Algorithm 1)."""
        return self._match(
            self.learner.matcher,
            Side(self.data.x1[rows1], self.data.codes1[rows1], rows1),
            Side(self.data.x2[rows2], self.data.codes2[rows2], rows2),
        )

    def begin(self, epoch: int, rows1: Rows, rows2: Rows, sampler: Batches) -> None:
        """Match before the first epoch, and after every r epochs the encoder's outputs."""
        super().begin(epoch, rows1, rows2, sampler)
        if epoch > 1 and self.learner.rematch and (epoch - 1) % self.learner.rematch == 0:
            h1, h2 = self.encoded(rows1, 1).cpu().numpy(), self.encoded(rows2, 2).cpu().numpy()
            found = self._match(
                replace(self.learner.matcher, encoder="mlp"),  # h is no image
                Side(h1, self.data.codes1[rows1], rows1),
                Side(h2, self.data.codes2[rows2], rows2),
            )
            self.hand_out(found, rows1, rows2, sampler)

    def _match(self, matcher: Matcher, side1: Side, side2: Side) -> Pairs:
        seed = int(self.rng.integers(2**31))
        blocks, error = matcher.match(side1, side2, seed=seed, device=self.device)
        self.error = max(self.error, error)
        sizes = (len(self.data.x1), len(self.data.x2))
        self.matching = Matching.of(blocks, *sizes, self.device)
        return suggested_pairs(blocks)

    def facts(self) -> dict[str, float | str]:
        """The largest error of the transport plans' marginals."""
        return {"matching_error": self.error}

    def weights(self) -> Mapping[str, float]:
        """Weight λ of L_inter."""
        return self.learner.loss_weights

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:
        """L_intra and, where it has a weight, L_inter."""
        v1, v2 = self.network.head("f", h1, 1), self.network.head("f", h2, 2)
        m1, m2 = in_batch(self.matching.scores(batch.rows1, batch.rows2))
        losses = {"intra": intra(v1, v2, m1, m2, self.tau, self.candidates)}
        if self.learner.inter:
            losses["inter"] = self._inter(h1, h2)
        return losses

    def _inter(self, h1: Tensor, h2: Tensor) -> Tensor:
        u1, u2 = self.network.head("g", h1, 1), self.network.head("g", h2, 2)
        c1, c2 = (k_means(u, self.n_clusters, self.generator) for u in (u1, u2))
        return inter(
            u1,
            c1,
            u2,
            c2,
            tau=self.tau,
            candidates=self.candidates,
            reduction=self.reduction,
        )


@with_parameters
class IPIC(GroupedLearner):
    """IntraPair InterCluster (Ji et al., Unpaired multimodal learning for biological data, 2026).

    Algorithm 1 matches the cells of each label by propensity scores and pairs them. Mini-batches
    of pairs (Algorithm 3) then descend on L_intra + λ L_inter. L_intra draws each cell to all
    cells of its label in the batch, as far as they match it (Eq. 6-8, head f). L_inter draws it to
    the cluster of its partner, clusters being made anew by k-means in every batch and modality
    (Eq. 9 and 10, Algorithm 2, head g).

    The text calls the pairing dynamic, Algorithm 3 matches once. `rematch` = r applies Algorithm 1
    again before every r-th epoch, with the encoder's outputs in place of the features.

    The paper gives neither λ nor the regularisation, nor the classifiers' widths and training;
    those defaults are ours, found by a search (`learners.calibrated`) but for regularisation and
    widths. So is the reduction: with the sum, as Eq. 9 is printed, λ = 1 gives L_inter a weight
    that grows with the batch.

    Args:
        matching: "ot", entropic transport, or "snn", shared nearest neighbours.
        inter: λ, the weight of L_inter; 0 is the paper's "intra" ablation.
        clusters: number of clusters K as a multiple of the number of labels; at least 2 are made.
        rematch: epochs between matchings, or 0 to match once.
        epsilon: regularisation of "ot", as a share of the largest cost.
        neighbours: neighbourhood size of "snn".
        matching_epochs: epochs the propensity classifiers are trained.
        reduction: the positives of an anchor in L_inter are averaged, "mean", or summed, "sum".

    All others: see `learners.pairs.paired.PairedLearner`.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> t = np.repeat(["a", "b"], 20)
        >>> x1, x2 = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
        >>> learner = IPIC(dim=3, epochs=2).fit(x1, t, x2, t, seed=1)
        >>> learner.transform(x2, modality=2).shape
        (40, 3)
    """

    version: ClassVar[int] = 3
    objective = IPICObjective

    matching: How = "ot"
    inter: float = _FOUND["inter"]
    clusters: float = 1.0
    rematch: int = 0
    epsilon: float = 0.005
    neighbours: int = 30
    matching_epochs: int = _FOUND["matching_epochs"]
    standardise: bool = _FOUND["standardise"]
    steps: int = _FOUND["steps"]
    lr: float = _FOUND["lr"]

    @property
    def matcher(self) -> Matcher:
        """Matcher of the cells of each label."""
        scored = coupling(self.matching, epsilon=self.epsilon, neighbours=self.neighbours)
        return Matcher(scored, epochs=self.matching_epochs, encoder=self.encoder)

    @property
    def loss_weights(self) -> Mapping[str, float]:
        """Weight λ of L_inter."""
        return {"inter": self.inter}

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_matching(
            matching=self.matching,
            epsilon=self.epsilon,
            neighbours=self.neighbours,
            epochs=self.matching_epochs,
        )
        check_weight("inter", self.inter)
        check_weight("clusters", self.clusters, positive=True)
        check_count("rematch", self.rematch, 0)

    def _heads(self, data: Training) -> dict[str, int]:
        heads = super()._heads(data)
        return heads | {"g": self._dim} if self.inter else heads

"""InfoNCE on pairs: random ones of a label, or the true ones, which makes it an oracle."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from learners.inputs import check_pairs, check_training
from learners.neural.batches import Rows
from learners.neural.training import Batch
from learners.pairs.contrastive import info_nce
from learners.pairs.matching.pairs import Pairs
from learners.pairs.paired import PairedLearner, PairedObjective
from weakpair.registry import Role


class InfoNCEObjective(PairedObjective):
    """InfoNCE of pairs (Ji et al., 2026, Eq. 1 and 2)."""

    def losses(self, batch: Batch, h1: Tensor, h2: Tensor) -> Mapping[str, Tensor]:  # noqa: ARG002
        """InfoNCE of the head's outputs."""
        v1, v2 = self.network.head("f", h1, 1), self.network.head("f", h2, 2)
        return {"info_nce": info_nce(v1, v2, self.tau, self.candidates)}


class InfoNCE(PairedLearner):
    """InfoNCE-unpaired: random pairs inside labels are taken for true ones (Eq. 1 and 2).

    Arguments are those of `learners.pairs.paired.PairedLearner`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> t = np.repeat(["a", "b"], 20)
        >>> x1, x2 = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
        >>> learner = InfoNCE(dim=3, epochs=2).fit(x1, t, x2, t, seed=1)
        >>> learner.transform(x2, modality=2).shape
        (40, 3)
    """

    objective = InfoNCEObjective


class TruePairsObjective(InfoNCEObjective):
    """InfoNCE where row i of both modalities is the same cell."""

    def pairs(self, rows1: Rows, rows2: Rows) -> Pairs:
        """Pairs of the rows that are trained on in both modalities."""
        both = np.intersect1d(rows1, rows2)
        return Pairs(both, both)


class PairedInfoNCE(PairedLearner):
    """InfoNCE-paired: an oracle, given the true pairs of the training cells (Eq. 1 and 2).

    It learns from paired cells only; those without a partner are left out. Arguments are those of
    `learners.pairs.paired.PairedLearner`.
    """

    role: ClassVar[Role] = "oracle"
    needs_pairing: ClassVar[bool] = True

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
        pairs: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Train on the paired rows; see `Learner.fit`.

        Args:
            x1: features of modality 1, shape (n1, k1).
            t1: labels of modality 1, shape (n1,).
            x2: features of modality 2, shape (n2, k2).
            t2: labels of modality 2, shape (n2,).
            seed: source of all randomness of the fit.
            device: a torch device.
            pairs: rows of modality 1 and of modality 2 that are the same cell, (p,) each.

        Raises:
            ParameterError: as `NeuralLearner.fit`, or pairs that are missing, out of range or of
                differing labels.
        """
        one, two = check_pairs(check_training(x1, t1, x2, t2), pairs, "infonce-paired")
        rows: list[Any] = [np.asarray(x1)[one], np.asarray(t1)[one]]
        rows += [np.asarray(x2)[two], np.asarray(t2)[two]]
        return super().fit(*rows, seed=seed, device=device)

    objective = TruePairsObjective

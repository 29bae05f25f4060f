"""Maximum mean discrepancy manifold alignment, label by label."""

from typing import ClassVar

import torch
from torch import Tensor

from learners.base import FitReport
from learners.calibrated import calibrated
from learners.inputs import Training, check_count, check_weight
from learners.linear.affine import Map
from learners.linear.distributions.base import DistributionLearner
from learners.linear.distributions.descent import descend, discrepancy

_FOUND = calibrated("mmd-ma")


class MMDMA(DistributionLearner):
    """Linear maps into one space that match every label's distribution and keep distances.

    MMD-MA (Liu et al., Jointly embedding multiple single-cell omics measurements, WABI 2019) maps
    each modality by Kα; with linear kernels K = XX' that is XA, A = X'α, and its loss becomes
    Σ_l MMD²(xA | l, yB | l) + λ1 (|A'A − I|² + |B'B − I|²) + λ2 (|S1 − S1AA'S1|² + …), S the second
    moments of the cells. Unlike there, the discrepancy is that of every label. Cells are whitened
    inside labels.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
        dim: of the common space, at most the width of either modality.
        collapse: λ1, the weight against collapse.
        distortion: λ2, the weight of distances.
        width: of the Gaussian kernel, in standard deviations of a whitened direction.
        steps: of the descent.
        lr: its first learning rate.
        max_cells: cells per label and modality that it looks at, drawn once.
    """

    version: ClassVar[int] = 2

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = _FOUND["standardise"],
        dim: int = 8,
        collapse: float = _FOUND["collapse"],
        distortion: float = _FOUND["distortion"],
        width: float = _FOUND["width"],
        steps: int = _FOUND["steps"],
        lr: float = _FOUND["lr"],
        max_cells: int = 64,
    ) -> None:
        super().__init__(n_components, standardise, steps, lr, max_cells)
        self.dim = dim
        self.collapse = collapse
        self.distortion = distortion
        self.width = width

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("dim", self.dim)
        for name in ("collapse", "distortion"):
            check_weight(name, getattr(self, name))
        check_weight("width", self.width, positive=True)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        sides = self._sides(data, seed)
        groups = (sides.first, sides.second)
        cells = [side.flat for side in groups]
        moments = [x.T @ x / len(x) for x in cells]
        count = min(self.dim, *(x.shape[1] for x in cells))
        random = torch.Generator().manual_seed(seed)
        free = [
            torch.randn(x.shape[1], count, generator=random, dtype=torch.float64)
            / x.shape[1] ** 0.5
            for x in cells
        ]
        for matrix in free:
            matrix.requires_grad_()
        identity = torch.eye(count, dtype=torch.float64)

        def loss() -> Tensor:
            mapped = [side.mapped(matrix) for side, matrix in zip(groups, free, strict=True)]
            total = discrepancy(mapped[0], mapped[1], self.width)
            for matrix, moment in zip(free, moments, strict=True):
                total = total + self.collapse * (matrix.T @ matrix - identity).square().sum()
                kept = moment @ matrix @ matrix.T @ moment
                total = total + self.distortion * (moment - kept).square().sum()
            return total

        curve = descend(free, loss, self.steps, self.lr)
        self.report_ = FitReport(curve={"loss": curve})
        a, b = (matrix.detach().numpy() for matrix in free)
        return sides.one.affine.along(a), sides.two.affine.along(b)

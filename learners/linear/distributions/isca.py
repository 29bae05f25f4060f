"""Shared components of unpaired mixtures, label by label."""

from typing import ClassVar

import torch
from torch import Tensor

from learners.base import FitReport
from learners.calibrated import calibrated
from learners.inputs import Training, check_count
from learners.linear.affine import Map
from learners.linear.distributions.base import DistributionLearner
from learners.linear.distributions.descent import Sides, descend, energy
from weakpair.errors import ParameterError

_FOUND = calibrated("isca")


class ISCA(DistributionLearner):
    """Projections of both modalities whose distributions agree under every label.

    Q1 and Q2 with orthonormal columns minimise Σ_l D(xQ1 | l, yQ2 | l), D the energy distance, on
    cells that are whitened inside labels, so that outputs are white and cannot collapse (Timilsina,
    Shrestha & Fu, Identifiable shared component analysis of unpaired multimodal mixtures, NeurIPS
    2024, arXiv 2409.19422, which has one distribution and a discriminator; with `per_label` False
    it is one distribution here, too). What is private to a modality is left out.

    Starts matter: the first is from the label means, others are random rotations; the one that ends
    with the least loss is taken.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
        shared: number of shared components, at most those of either modality.
        per_label: match every label's distribution, not only that of all cells.
        starts: how many.
        steps: of each descent.
        lr: its first learning rate.
        max_cells: cells per label and modality that it looks at, drawn once.
    """

    version: ClassVar[int] = 2

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = _FOUND["standardise"],
        shared: int = _FOUND["shared"],
        per_label: bool = True,
        starts: int = 3,
        steps: int = _FOUND["steps"],
        lr: float = _FOUND["lr"],
        max_cells: int = 64,
    ) -> None:
        super().__init__(n_components, standardise, steps, lr, max_cells)
        self.shared = shared
        self.per_label = per_label
        self.starts = starts

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("shared", "starts"):
            check_count(name, getattr(self, name))
        if not isinstance(self.per_label, bool):
            raise ParameterError(f"per_label is {self.per_label!r}; it must be True or False")

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        sides = self._sides(data, seed)
        random = torch.Generator().manual_seed(seed)
        ends = [self._descent(sides, number, random) for number in range(self.starts)]
        curve, one, two = min(ends, key=lambda end: end[0][-1])
        self.report_ = FitReport(
            curve={"loss": curve}, facts={f"loss_{n}": end[0][-1] for n, end in enumerate(ends)}
        )
        return sides.one.affine.along(one.numpy()), sides.two.affine.along(two.numpy())

    def _descent(
        self, sides: Sides, number: int, random: torch.Generator
    ) -> tuple[tuple[float, ...], Tensor, Tensor]:
        """The losses and both projections of a start."""
        widths = sides.first.cells.shape[2], sides.second.cells.shape[2]
        count = min(self.shared, *widths)
        # Every start draws as many numbers: the first completes the label means' directions.
        drawn = [torch.randn(k, count, generator=random, dtype=torch.float64) for k in widths]
        free = _from_means(sides, drawn) if number == 0 else drawn
        for matrix in free:
            matrix.requires_grad_()
        first, second = sides.first, sides.second
        if not self.per_label:
            first, second = first.joined, second.joined

        def loss() -> Tensor:
            one, two = (orthonormal(matrix) for matrix in free)
            return energy(first.mapped(one), second.mapped(two))

        curve = descend(free, loss, self.steps, self.lr)
        one, two = (orthonormal(matrix).detach() for matrix in free)
        return curve, one, two


def orthonormal(matrix: Tensor) -> Tensor:
    """A basis of the columns, orthonormal; each has the side of its own column."""
    q, r = torch.linalg.qr(matrix)
    return torch.as_tensor(q * r.diagonal().sign())


def _from_means(sides: Sides, drawn: list[Tensor]) -> list[Tensor]:
    """Singular pairs of the products of label means first; the rest as drawn, made small."""
    product = sides.first.means.T @ sides.second.means
    u, sizes, vt = torch.linalg.svd(product, full_matrices=False)
    count = min(drawn[0].shape[1], int((sizes > 1e-9 * sizes[0].clamp(min=1e-300)).sum()))
    free = [0.1 * matrix for matrix in drawn]
    for matrix, pairs in zip(free, (u, vt.T), strict=True):
        matrix[:, :count] = pairs[:, :count]
    return free

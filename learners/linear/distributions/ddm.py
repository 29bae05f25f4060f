"""Diversified distribution matching: one map that fits the distributions of all labels at once."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from learners.base import FitReport
from learners.calibrated import calibrated
from learners.inputs import Training, check_weight
from learners.linear.affine import Map
from learners.linear.distributions.base import DistributionLearner
from learners.linear.distributions.descent import Sides, descend, energy

_FOUND = calibrated("ddm")


class DDM(DistributionLearner):
    """Linear maps between the modalities that match every label's distribution, and each other.

    f(x) = xW and g(y) = yV minimise Σ_l D(f(x) | l, y | l) + D(g(y) | l, x | l) +
    λ(|g(f(x)) − x|² + |f(g(y)) − y|²) / d, with D the energy distance (Shrestha & Fu, ICLR 2024,
    arXiv 2401.09671, which has a discriminator for D, and one function for all conditional
    distributions; these have to be diverse for it to be unique). Cells are whitened inside labels.
    The latents are (x, f(x)) and (g(y), y).

    The descent starts from the ridge regression of one modality's label means on the other's.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
        cycle: λ, the weight of returning to the cell.
        steps: of the descent.
        lr: its first learning rate.
        max_cells: cells per label and modality that it looks at, drawn once.
    """

    version: ClassVar[int] = 2

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = _FOUND["standardise"],
        cycle: float = _FOUND["cycle"],
        steps: int = _FOUND["steps"],
        lr: float = _FOUND["lr"],
        max_cells: int = 64,
    ) -> None:
        super().__init__(n_components, standardise, steps, lr, max_cells)
        self.cycle = cycle

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_weight("cycle", self.cycle)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        sides = self._sides(data, seed)
        forth, back = _regressions(sides)
        forth.requires_grad_()
        back.requires_grad_()
        x, y = sides.first.flat, sides.second.flat

        def loss() -> Tensor:
            there = energy(sides.first.mapped(forth), sides.second)
            here = energy(sides.second.mapped(back), sides.first)
            returned = (x @ forth @ back - x).square().mean()
            returned = returned + (y @ back @ forth - y).square().mean()
            return there + here + self.cycle * returned

        curve = descend((forth, back), loss, self.steps, self.lr)
        self.report_ = FitReport(curve={"loss": curve})
        w, v = (matrix.detach().numpy() for matrix in (forth, back))
        one, two = sides.one.affine, sides.two.affine
        forward, backward = np.hstack([np.eye(len(w)), w]), np.hstack([v, np.eye(len(v))])
        return one.along(forward), two.along(backward)


def _regressions(sides: Sides) -> tuple[Tensor, Tensor]:
    """Ridge regressions of label means, on the scale of the cells: (k1, k2) and (k2, k1)."""
    one, two = sides.first.means, sides.second.means

    def solved(x: Tensor, y: Tensor) -> Tensor:
        return torch.as_tensor(torch.linalg.solve(x.T @ x + torch.eye(x.shape[1]).to(x), x.T @ y))

    return solved(one, two), solved(two, one)

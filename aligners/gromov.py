"""Entropic Gromov–Wasserstein on squared Euclidean costs, with and without labels."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from aligners.assembly import collect, precision
from aligners.base import Aligner
from aligners.inputs import (
    Groups,
    Real,
    centred,
    check_choice,
    check_latents,
    in_reach,
    in_unit,
    label_groups,
    one_group,
)
from aligners.plan.plan import Plan
from aligners.solvers import costs
from aligners.solvers.finite import naming
from aligners.solvers.geometry import Euclidean, Geometry, Pack, Scale, Side
from aligners.solvers.linearise import Stopping, fixed_point
from aligners.solvers.lowrank import LowRank

# Blocks with this many times more rows than the latents' width are worth a search for a low rank:
# it takes some products of width x width, which are then small beside those with the rows.
_LARGE = 4


class EGWOT(Aligner):
    """Entropic Gromov–Wasserstein between all cells, labels ignored.

    Seeks a stationary plan of (1 - alpha) <M, T> + alpha sum (C1_ik - C2_jl)^2 T_ij T_kl
    - 2 epsilon H(T), with C1 and C2 the squared Euclidean distances within the modalities and M
    those between them, each divided by its scale (Peyré, Cuturi & Solomon, ICML 2016; fused:
    Vayer et al., ICML 2019). Starting from the product coupling, the cost is linearised and the
    transport problem solved until the plan stands still. The problem is not convex: another
    start may end elsewhere. Latents may differ in width if alpha is 1. An outer step costs
    O(n1 n2 d), never n^3.

    Args:
        epsilon: regularisation of the linearised cost in OTT's convention; POT's is twice that.
        tol: largest L1 error of the column sums, relative to the mass; rows are exact.
        max_iter: cap on the iterations of one transport problem.
        dtype: as in `aligners.linear.EOT`.
        scale: what C1, C2 and M are divided by: their "max", their "mean", or "none".
        tol_outer: largest L1 change of the plan in the last outer step.
        max_outer: cap on outer steps.
        alpha: weight of the Gromov–Wasserstein part; below 1 the problem is fused.

    Raises:
        ParameterError: a parameter or an array that is wrong.
    """

    needs_labels: ClassVar[bool] = False
    version: ClassVar[int] = 5

    def __init__(
        self,
        epsilon: float = 5e-3,
        tol: float = 1e-4,
        max_iter: int = 5000,
        dtype: str = "float64",
        scale: str = "max",
        tol_outer: float = 1e-3,
        max_outer: int = 1000,
        alpha: float = 1.0,
    ) -> None:
        self.epsilon = epsilon
        self.tol = tol
        self.max_iter = max_iter
        self.dtype = dtype
        self.scale = scale
        self.tol_outer = tol_outer
        self.max_outer = max_outer
        self.alpha = alpha

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        began = perf_counter()
        x, y = check_latents(z1, t1, z2, t2, same_width=self.alpha < 1)
        check_choice("scale", self.scale, ("max", "mean", "none"))
        groups = self._groups(t1, t2)
        dtype, notes = precision(self.dtype, self.epsilon, self.tol)
        batches = list(costs.batches(groups, device, None))
        exact = Euclidean.build(
            self._side(x, groups.row_masses, device, dtype),
            self._side(y, groups.col_masses, device, dtype),
            batches,
        )
        large = max(map(len, groups.rows)) > _LARGE * x.shape[1]
        geometry = LowRank(exact, self.tol * self.epsilon) if large else exact
        fused = self._fused(batches, x, y, device, dtype) if self.alpha < 1 else None
        with naming(self):
            return solve_quadratic(geometry, batches, fused, self._stopping(), notes, began)

    def _groups(self, t1: ArrayLike, t2: ArrayLike) -> Groups:
        return one_group(len(np.asarray(t1)), len(np.asarray(t2)))

    def _stopping(self) -> Stopping:
        return Stopping(
            epsilon=self.epsilon,
            tol=self.tol,
            max_iter=self.max_iter,
            tol_outer=self.tol_outer,
            max_outer=self.max_outer,
            alpha=self.alpha,
        )

    def _side(self, z: Real, masses: NDArray[np.float64], device: str, dtype: torch.dtype) -> Side:
        # Each modality's costs are divided by a scale of their own, unless epsilon is absolute.
        (z,) = (in_unit(z, z, absolute=True)[0][0],) if self.scale == "none" else in_reach(z)
        points = centred(z, masses @ z, dtype).to(device)
        scales: dict[str, Scale] = {
            "max": lambda x, x2: costs.largest_between(x, x2, x, x2),
            "mean": lambda x, _: costs.mean_distance(x.double(), x.double()),
            "none": lambda *_: 1.0,
        }
        scale = scales[self.scale]
        return Side.build(
            points, torch.as_tensor(masses).to(points), lambda x, x2: scale(x, x2) or 1.0
        )

    def _fused(
        self,
        batches: Sequence[costs.Batch],
        x: Real,
        y: Real,
        device: str,
        dtype: torch.dtype,
    ) -> list[Tensor]:
        """Half the fused cost of each batch, as the linearised cost is half the gradient."""
        (x, y), _ = in_unit(x, y, absolute=self.scale == "none")
        centre = x.mean(0, dtype=np.float64)
        one, two = (centred(z, centre, torch.float64).to(device) for z in (x, y))
        scales = {
            "max": costs.largest_distance,
            "mean": costs.mean_distance,
            "none": lambda *_: 1.0,
        }
        factor = (1 - self.alpha) / 2 / (scales[self.scale](one, two) or 1.0)
        left, right = (z.to(dtype) for z in costs.factors(one, two))
        packs = (Pack.build(batch, factor * left, right) for batch in batches)
        return [torch.bmm(pack.rows, pack.cols.transpose(1, 2)) for pack in packs]


class LabeledEGWOT(EGWOT):
    """Entropic Gromov–Wasserstein with the plan restricted to the labels' blocks.

    T_ij > 0 only where the labels agree; pairs of pairs with different labels still enter the
    objective, which is what sets it apart from one problem per label. Each block has its label's
    share in modality 1 as mass and uniform marginals. An outer step costs O((n1 + n2) d^2 + d
    times the blocks' areas), and n1 x n2 is never built.

    Args:
        epsilon: as in `EGWOT`; all blocks share it.
        tol: as in `EGWOT`, for every block relative to its mass.
        max_iter: as in `EGWOT`.
        dtype: as in `EGWOT`.
        scale: as in `EGWOT`, over all pairs within a modality.
        tol_outer: as in `EGWOT`.
        max_outer: as in `EGWOT`.
        alpha: as in `EGWOT`.
    """

    needs_labels: ClassVar[bool] = True
    version: ClassVar[int] = 6

    def _groups(self, t1: ArrayLike, t2: ArrayLike) -> Groups:
        return label_groups(t1, t2)


def solve_quadratic(
    geometry: Geometry,
    batches: Sequence[costs.Batch],
    fused: Sequence[Tensor] | None,
    stop: Stopping,
    notes: tuple[str, ...],
    began: float,
) -> Plan:
    """Run the outer loop and put the plan together; the objective is the energy alone."""
    stop.check()
    found = fixed_point(geometry, batches, fused, stop)
    energy = geometry.energy(found.summary, [solution.plans for solution in found.solutions])
    parts = []
    for batch, solution in zip(batches, found.solutions, strict=True):
        epsilon = torch.full((len(batch.numbers),), stop.epsilon, dtype=torch.float64)
        solution = replace(solution, iterations=found.spent)
        parts.append((batch, solution, epsilon, torch.full_like(epsilon, energy)))
    steps = f"{found.steps} linearisations, the last moved the plan by {found.change:.1e}"
    plan = collect(batches[0].groups, parts, stop.tol, began, (*notes, steps))
    status = replace(plan.status, converged=plan.converged and found.change <= stop.tol_outer)
    return Plan(plan.shape, plan.blocks, status)

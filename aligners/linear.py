"""Entropic optimal transport on Euclidean costs, squared or not, with and without labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt
from time import perf_counter
from typing import Any, ClassVar

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from aligners.assembly import collect, precision
from aligners.base import Aligner
from aligners.inputs import (
    Groups,
    Real,
    as_float64,
    centred,
    check_choice,
    check_latents,
    check_positive,
    in_unit,
    label_groups,
    one_group,
    torch_dtype,
)
from aligners.perturbot import cut_blocks
from aligners.plan.plan import Block, Plan
from aligners.plan.scaled import ScaledBlock
from aligners.solvers import costs, tiled
from aligners.solvers.finite import naming
from aligners.solvers.scaling import Factored
from aligners.solvers.sinkhorn import Solution, solve
from weakpair.errors import ParameterError

# Weights of the largest plan that is stored with them all: 128 MiB.
_WEIGHTS = 1 << 24
_ROOTS = "float64 instead of float32: distances that are not squared"


class EOT(Aligner):
    """Entropic optimal transport between all cells, labels ignored.

    Minimises <C, T> - epsilon * scale * H(T) over couplings with uniform marginals, C the squared
    Euclidean distances by default (Cuturi 2013). The result is the problem's unique solution to
    within `tol`, whatever the latents' unit.

    Args:
        epsilon: regularisation relative to the cost's scale; 5e-3 is Perturb-OT's default.
        tol: largest L1 error of the column sums, relative to the mass; rows are exact.
        max_iter: cap on iterations, each one product with the kernel and its transpose.
        dtype: "float64" by default: a cost rounded to float32, divided by epsilon, is off by about
            1e-4, which is the tolerance. "float32" halves memory and time, and gives way to
            float64, with a note, where epsilon or tol are too small for it.
        scale: what epsilon is relative to: the cost's "max" over all pairs, its "mean", its 99th
            percentile "q99" (all pairs of at most 2000 evenly taken cells each), or "none" for an
            absolute epsilon.
        cost: "squared" for squared Euclidean distances, or "euclidean" for the distances
            themselves, as Xi et al. (2024) match; these are computed in float64 and know no scale
            "mean".

    Raises:
        ParameterError: a parameter or an array that is wrong.

    >>> import numpy as np
    >>> z = np.array([[0.0], [1.0], [2.0]])
    >>> EOT().align(z, [0, 0, 0], z[::-1], [0, 0, 0]).todense().round(2)
    array([[0.  , 0.  , 0.33],
           [0.  , 0.33, 0.  ],
           [0.33, 0.  , 0.  ]])
    """

    needs_labels: ClassVar[bool] = False
    version: ClassVar[int] = 4
    later: ClassVar[Mapping[str, Any]] = {"cost": "squared"}
    scales: ClassVar[tuple[str, ...]] = ("max", "mean", "q99", "none")

    def __init__(
        self,
        epsilon: float = 5e-3,
        tol: float = 1e-4,
        max_iter: int = 5000,
        dtype: str = "float64",
        scale: str = "max",
        cost: str = "squared",
    ) -> None:
        self.epsilon = epsilon
        self.tol = tol
        self.max_iter = max_iter
        self.dtype = dtype
        self.scale = scale
        self.cost = cost

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        x, y = check_latents(z1, t1, z2, t2, same_width=True)
        self._check()
        return self._solve(x, y, one_group(len(x), len(y)), device)

    def _check(self) -> None:
        check_positive(epsilon=self.epsilon, tol=self.tol, max_iter=self.max_iter)
        check_choice("scale", self.scale, self.scales)
        check_choice("cost", self.cost, ("squared", "euclidean"))
        if self.cost == "euclidean" and self.scale == "mean":
            raise ParameterError("scale 'mean' is one of cost 'squared'; use max, q99 or none")

    def _solve(self, x: Real, y: Real, groups: Groups, device: str) -> Plan:
        began = perf_counter()
        (x, y), unit = in_unit(x, y, absolute=self.scale == "none")
        problem = _Problem.build(self, x, y, device)
        with naming(self):
            parts = ((batch, *problem.solve(batch)) for batch in costs.batches(groups, device))
            cut = problem.by_potentials if problem.large(groups) else None
            return collect(groups, parts, self.tol, began, (*problem.notes, *unit), cut)


class LabeledEOT(EOT):
    """Entropic optimal transport inside each label's block.

    T_ij > 0 only where the labels agree; each block is optimal, has its label's share in modality
    1 as mass and uniform marginals. n1 x n2 is never built: memory and time grow with the sum of
    the blocks' areas.

    Args:
        epsilon: as in `EOT`.
        tol: as in `EOT`, for every block relative to its mass.
        max_iter: as in `EOT`, for every batch of blocks.
        dtype: as in `EOT`.
        scale: as in `EOT`, over all pairs of cells, also those of different labels; or
            "label-max", each block's own maximum, which makes plans sharper.
        cost: as in `EOT`.
        mode: "exact" solves the problem above; "perturbot" gives what Perturb-OT's
            `get_coupling_leot_ott` returns: the blocks cut out of the *unlabelled* plan, here
            rescaled to total mass 1. `converged` then speaks of the unlabelled problem; neither
            marginal of the labelled one holds, `marginal_error` says by how much, and a note
            tells the mass that fell outside the blocks. It needs n1 x n2 memory.

    >>> import numpy as np
    >>> z = np.array([[0.0], [0.1], [2.0]])
    >>> plan = LabeledEOT().align(z, ["a", "b", "b"], z, ["b", "a", "b"])
    >>> plan.todense().round(2)
    array([[0.  , 0.33, 0.  ],
           [0.33, 0.  , 0.  ],
           [0.  , 0.  , 0.33]])
    """

    needs_labels: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = (*EOT.scales, "label-max")

    def __init__(
        self,
        epsilon: float = 5e-3,
        tol: float = 1e-4,
        max_iter: int = 5000,
        dtype: str = "float64",
        scale: str = "max",
        mode: str = "exact",
        cost: str = "squared",
    ) -> None:
        super().__init__(
            epsilon=epsilon, tol=tol, max_iter=max_iter, dtype=dtype, scale=scale, cost=cost
        )
        self.mode = mode

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        x, y = check_latents(z1, t1, z2, t2, same_width=True)
        self._check()
        check_choice("mode", self.mode, ("exact", "perturbot"))
        groups = label_groups(t1, t2)
        if self.mode == "exact":
            return self._solve(x, y, groups, device)
        return cut_blocks(self._solve(x, y, one_group(len(x), len(y)), device), groups)


@dataclass(frozen=True)
class _Problem:
    """Factors of the cost on their device, and the absolute epsilon."""

    left: Tensor
    right: Tensor
    epsilon: float
    per_label: bool
    euclidean: bool
    tol: float
    max_iter: int
    notes: tuple[str, ...]

    @classmethod
    def build(cls, spec: EOT, x: Real, y: Real, device: str) -> "_Problem":
        """Centre the points, find the cost's scale, choose the precision."""
        euclidean = spec.cost == "euclidean"
        wanted = torch_dtype(spec.dtype)
        # Any point between them will do, but the same for both.
        centre = ((x.mean(0) + y.mean(0)) / 2).astype(spec.dtype)
        one, two = (centred(z, centre, wanted).to(device) for z in (x, y))
        left, right = costs.factors(one, two)
        largest = costs.largest_between(one, left[:, -2], two, right[:, -1])
        per_label = spec.scale == "label-max"
        scale = 1.0 if per_label else _scale(spec.scale, one, two, largest)
        if euclidean:
            largest, scale = sqrt(largest), sqrt(scale)
        epsilon = spec.epsilon * scale
        relative = spec.epsilon if per_label else epsilon / (largest or 1.0)
        dtype, notes = precision(spec.dtype, relative, spec.tol)
        if euclidean and dtype == torch.float32:
            # The root of a difference keeps half of its digits.
            dtype, notes = torch.float64, (*notes, _ROOTS)
        if dtype != wanted:
            one, two = (centred(as_float64(z), centre, dtype).to(device) for z in (x, y))
            left, right = costs.factors(one, two)
        return cls(left, right, epsilon, per_label, euclidean, spec.tol, spec.max_iter, notes)

    def large(self, groups: Groups) -> bool:
        """Tell whether the plan has too many weights to be stored.

        Those of float32 are stored where the problem's kernel is.
        """
        areas = [len(r) * len(c) for r, c in zip(groups.rows, groups.cols, strict=True)]
        exact = self.left.dtype == torch.float64
        return (exact and sum(areas) > _WEIGHTS) or self.tiled(max(areas))

    def tiled(self, area: int) -> bool:
        """Tell whether the kernel of so many pairs is made anew for each product."""
        return area > tiled.LARGEST and not self.euclidean and not self.per_label

    def by_potentials(
        self, batch: costs.Batch, solution: Solution, epsilon: Tensor
    ) -> dict[int, Block]:
        """Blocks of a batch whose weights are made when they are asked for, by their numbers."""
        found: dict[int, Block] = {}
        masses = batch.groups.masses[list(batch.numbers)].tolist()
        potentials = solution.potentials.double()
        for place, number in enumerate(batch.numbers):
            r, c = batch.sizes(place)
            rows, cols = batch.rows[place, :r], batch.cols[place, :c]
            absolute = float(epsilon[place])
            f = potentials.f[place, :r, 0] + absolute * log(masses[place] / r)
            g = potentials.g[place, 0, :c]
            factors = self.left[rows].double(), self.right[cols].double()
            label = batch.groups.labels[number]
            found[number] = ScaledBlock(
                rows, cols, factors, (f, g), absolute, self.euclidean, label
            )
        return found

    def solve(self, batch: costs.Batch) -> tuple[Solution, Tensor, Tensor]:
        """Plans of a batch, their absolute epsilons and their transport costs."""
        left, right = costs.gather(self.left, batch.rows), costs.gather(self.right, batch.cols)
        epsilon = torch.full((len(left),), self.epsilon, dtype=torch.float64, device=left.device)
        if self.tiled(left.shape[1] * right.shape[1]):
            problem = Factored(left, right)
            solution, value = tiled.solve_tiled(
                problem, epsilon, tol=self.tol, max_iter=self.max_iter
            )
            return solution, epsilon, value
        batch.mask_factors_(left, right)
        cost = torch.bmm(left, right.transpose(1, 2))
        if self.euclidean:
            padded = cost >= costs.PAD / 2
            cost = cost.clamp_(min=0).sqrt_().masked_fill_(padded, costs.PAD)
        if self.per_label:
            epsilon *= costs.largest_entries(cost.masked_fill(cost >= costs.PAD / 2, 0))
        solution = solve(cost, epsilon, tol=self.tol, max_iter=self.max_iter, padding=batch.padding)
        objective = cost.mul_(solution.plans).sum((1, 2))
        return solution, epsilon, objective


def _scale(name: str, x: Tensor, y: Tensor, largest: float) -> float:
    """The number that epsilon is multiplied with; 1 where all costs are zero."""
    scales = {
        "max": lambda: largest,
        "mean": lambda: costs.mean_distance(x.double(), y.double()),
        "q99": lambda: costs.quantile_distance(x, y, 0.99),
        "none": lambda: 1.0,
    }
    return scales[name]() or 1.0

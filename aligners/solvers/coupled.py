"""The two halves of co-optimal transport and their alternation."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aligners.assembly import FLOAT32_EPSILON
from aligners.inputs import Groups, Real
from aligners.solvers.costs import Batch, largest_entries, squared_norms
from aligners.solvers.geometry import Pack
from aligners.solvers.linearise import in_double, plan_change
from aligners.solvers.sinkhorn import Solution, solve
from weakpair.magnitudes import largest_magnitude

# Change down to which turns are taken in float32: ten times the usual `tol_outer`, so that the
# turns that decide are few and all in float64.
_COARSE = 1e-2
# Magnitude of latents whose squares, times epsilon, have an inverse in float32.
_FAINT = 2.0**-55
# Inner tolerance of the sample plans by the last change: so far below it that a third to a half of
# the turns are spared.
_SAMPLES = 1 / 300


def faint(groups: Groups, x: Real, y: Real) -> bool:
    """Tell whether float32 cannot write some label's costs, nor epsilons relative to them.

    Beside a far cell of another label they may be that small; labels without any are not meant.
    """
    labels = zip(groups.rows, groups.cols, strict=True)
    sizes = (max(largest_magnitude(x[rows]), largest_magnitude(y[cols])) for rows, cols in labels)
    return any(0 < size < _FAINT for size in sizes)


class Options(Protocol):
    """The parameters of the alternation; see `aligners.coot.LabeledCOOT`."""

    epsilon: float
    tol: float
    max_iter: int
    scale: str
    tol_outer: float
    max_outer: int


class Halves:
    """Costs of the samples given the feature plan, and of the features given the sample plan.

    Args:
        batches: the labels' blocks.
        x: points of modality 1, shape (n1, d1).
        y: points of modality 2, shape (n2, d2).
    """

    def __init__(self, batches: Sequence[Batch], x: Tensor, y: Tensor) -> None:
        groups = batches[0].groups
        rows, cols = (torch.as_tensor(m).to(x) for m in (groups.row_masses, groups.col_masses))
        self.squares = (rows @ x.square())[:, None] + cols @ y.square()
        left, right = x.new_empty(len(x), x.shape[1] + 2), y.new_empty(len(y), y.shape[1] + 2)
        left[:, :-2], left[:, -2], left[:, -1] = x, squared_norms(x) / x.shape[1], 1
        right[:, :-2], right[:, -2], right[:, -1] = y, 1, squared_norms(y) / y.shape[1]
        self.packs = [Pack.build(batch, left, right) for batch in batches]
        self._space: list[Tensor | None] = [None] * len(batches)

    def single(self) -> "Halves":
        """Give the same in float32."""
        other = copy(self)
        other.squares, other._space = self.squares.float(), [None] * len(self.packs)
        other.packs = [pack.single() for pack in self.packs]
        return other

    def sample_costs(self, features: Tensor) -> Iterator[Tensor]:
        """Sum over k, m of (x_ik - y_jm)^2 F_km, (B, r, c) per batch; reuses memory."""
        d1, d2 = features.shape
        middle = features.new_zeros(d1 + 2, d2 + 2)
        middle[:d1, :d2] = -2 * features
        middle[d1, d2] = middle[d1 + 1, d2 + 1] = 1
        for place, pack in enumerate(self.packs):
            cost = self._space[place] = pack.product(middle, self._space[place])
            yield cost.clamp_(min=0)

    def feature_cost(self, plans: Sequence[Tensor]) -> Tensor:
        """Sum over i, j of (x_ik - y_jm)^2 T_ij at plans of block mass 1, (1, d1, d2)."""
        parts = [pack.carry(plan) for pack, plan in zip(self.packs, plans, strict=True)]
        cross = torch.stack(parts).sum(0)[:-2, :-2]
        return (self.squares - 2 * cross).clamp_(min=0)[None]


class Alternation:
    """Solves for samples and features by turns until the sample plan stands still."""

    def __init__(self, halves: Halves, options: Options, epsilon_features: float) -> None:
        self.halves = halves
        self.options = options
        self.epsilon_features = epsilon_features
        self.samples: list[Solution] = []
        self.epsilons: list[Tensor] = []
        self.features: Solution | None = None
        self.feature_epsilon = epsilon_features
        self.objective = 0.0
        self.inner, self.change, self.turns, self.spent = 0.1, 2.0, 0, 0

    @property
    def still(self) -> bool:
        """True where the last turn moved the plan, and missed the marginals, little enough."""
        return self._still(self.options.tol, self.options.tol_outer)

    def _still(self, tol: float, tol_outer: float) -> bool:
        solved = [s for s in (*self.samples, self.features) if s is not None]
        error = max(float(s.error.max()) for s in solved)
        return self.change <= tol_outer and error <= tol

    @property
    def feature_plan(self) -> NDArray[np.float64]:
        """The features' plan after the last turn, shape (d1, d2); before the first the product."""
        squares = self.halves.squares
        if self.features is None:
            return np.full(squares.shape, 1 / squares.numel())
        plan: NDArray[np.float64] = self.features.plans[0].double().cpu().numpy()
        return plan

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts that the status has no field for."""
        moved = f"{self.turns} turns, the last moved the plan by {self.change:.1e}"
        return (moved, f"epsilon of the features {self.feature_epsilon:.6g}")

    def until_still(self, *, coarse: bool = True) -> tuple[list[Solution], list[Tensor]]:
        """Sample solutions and their blocks' absolute epsilons.

        In float64 the first turns are taken in float32, where that can represent the problem.

        Args:
            coarse: whether the costs of every label can be written in float32.
        """
        limits, exact = self.options, self.halves
        able = coarse and min(limits.epsilon, self.epsilon_features) >= FLOAT32_EPSILON
        if able and exact.squares.dtype == torch.float64 and limits.max_outer > 1:
            self.halves = exact.single()
            self._alternate(
                max(limits.tol, _COARSE / 10), max(limits.tol_outer, _COARSE), limits.max_outer - 1
            )
            self.halves, self.features = exact, self.features and in_double(self.features)
            self.samples = [in_double(s) for s in self.samples]
        self._alternate(limits.tol, limits.tol_outer, limits.max_outer)
        return [replace(s, iterations=self.spent) for s in self.samples], self.epsilons

    def _alternate(self, tol: float, tol_outer: float, max_outer: int) -> None:
        while self.turns < max_outer:
            precise = self.inner <= tol
            self._turn()
            if self._still(tol, tol_outer) or (precise and self.change <= tol_outer):
                break
            done = self.change <= tol_outer
            self.inner = tol if done else max(tol, min(0.1, _SAMPLES * self.change))

    def _turn(self) -> None:
        squares = self.halves.squares
        uniform = torch.full_like(squares, 1 / squares.numel())
        plan = uniform if self.features is None else self.features.plans[0].to(squares)
        batches = [pack.batch for pack in self.halves.packs]
        before, self.samples, self.epsilons = self.samples, [], []
        for place, cost in enumerate(self.halves.sample_costs(plan)):
            batch, limits = batches[place], self.options
            epsilon = self._absolute(limits.epsilon, cost)
            # The plan at uniform features is no start: its cost hardly knows the pairs.
            start = before[place].potentials if self.turns > 1 else None
            solution = solve(
                batch.mask_(cost), epsilon, tol=self.inner, max_iter=limits.max_iter, start=start,
                padding=batch.padding,
            )  # fmt: skip
            self.samples.append(solution)
            self.epsilons.append(epsilon)
            self.spent += solution.iterations
        if before:
            self.change = plan_change(batches, before, self.samples)
        self._fit_features()
        self.turns += 1

    def _fit_features(self) -> None:
        cost = self.halves.feature_cost([s.plans for s in self.samples])
        epsilon = self._absolute(self.epsilon_features, cost)
        start = None if self.features is None else self.features.potentials
        # They are few, and what they are off by moves all samples.
        tol = max(self.options.tol, self.inner / 10)
        self.features = solve(cost, epsilon, tol=tol, max_iter=self.options.max_iter, start=start)
        self.spent += self.features.iterations
        self.feature_epsilon = float(epsilon[0])
        self.objective = float((cost * self.features.plans).sum())

    def _absolute(self, epsilon: float, cost: Tensor) -> Tensor:
        """Absolute epsilon of each block of a cost not masked, (B,)."""
        largest = largest_entries(cost)
        return epsilon * (torch.ones_like(largest) if self.options.scale == "none" else largest)

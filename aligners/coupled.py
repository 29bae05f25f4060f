"""The two halves of co-optimal transport and their alternation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from aligners.costs import Batch
from aligners.geometry import Pack
from aligners.linearise import plan_change
from aligners.sinkhorn import Solution, solve


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
        one, two = x.new_ones(len(x), 1), y.new_ones(len(y), 1)
        left = torch.cat([x, x.square().mean(1, keepdim=True), one], 1)
        right = torch.cat([y, two, y.square().mean(1, keepdim=True)], 1)
        self.packs = [Pack.build(batch, left, right) for batch in batches]

    def sample_costs(self, features: Tensor) -> Iterator[Tensor]:
        """Sum over k, m of (x_ik - y_jm)^2 F_km, masked, (B, r, c) per batch."""
        d1, d2 = features.shape
        middle = features.new_zeros(d1 + 2, d2 + 2)
        middle[:d1, :d2] = -2 * features
        middle[d1, d2] = middle[d1 + 1, d2 + 1] = 1
        for pack in self.packs:
            yield pack.batch.mask_(pack.product(middle).clamp_(min=0))

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
        """Whether the last turn moved the sample plan, and missed the marginals, little enough."""
        solved = [s for s in (*self.samples, self.features) if s is not None]
        error = max(float(s.error.max()) for s in solved)
        return self.change <= self.options.tol_outer and error <= self.options.tol

    @property
    def notes(self) -> tuple[str, ...]:
        """What the status has no field for."""
        moved = f"{self.turns} turns, the last moved the plan by {self.change:.1e}"
        return (moved, f"epsilon of the features {self.feature_epsilon:.6g}")

    def until_still(self) -> tuple[list[Solution], list[Tensor]]:
        """Sample solutions and their blocks' absolute epsilons."""
        while self.turns < self.options.max_outer:
            precise = self.inner <= self.options.tol
            self._turn()
            if self.still or (precise and self.change <= self.options.tol_outer):
                break
            self._tighten()
        return [replace(s, iterations=self.spent) for s in self.samples], self.epsilons

    def _tighten(self) -> None:
        tol = self.options.tol
        done = self.change <= self.options.tol_outer
        self.inner = tol if done else max(tol, min(0.1, self.change / 10))

    def _turn(self) -> None:
        squares = self.halves.squares
        uniform = torch.full_like(squares, 1 / squares.numel())
        plan = uniform if self.features is None else self.features.plans[0]
        batches = [pack.batch for pack in self.halves.packs]
        before, self.samples, self.epsilons = self.samples, [], []
        for place, cost in enumerate(self.halves.sample_costs(plan)):
            largest = batches[place].largest(cost)
            epsilon = self._absolute(self.options.epsilon, largest)
            start = before[place].g if before else None
            self.samples.append(self._solve(cost, epsilon, start))
            self.epsilons.append(epsilon)
        if before:
            self.change = plan_change(batches, before, self.samples)
        self._fit_features()
        self.turns += 1

    def _fit_features(self) -> None:
        cost = self.halves.feature_cost([s.plans for s in self.samples])
        largest = cost.amax((1, 2)).double()
        epsilon = self._absolute(self.epsilon_features, torch.where(largest > 0, largest, 1))
        start = None if self.features is None else self.features.g
        self.features = self._solve(cost, epsilon, start)
        self.feature_epsilon = float(epsilon[0])
        self.objective = float((cost * self.features.plans).sum())

    def _absolute(self, epsilon: float, largest: Tensor) -> Tensor:
        """Absolute epsilon of each block, (B,), given its largest cost."""
        return epsilon * (torch.ones_like(largest) if self.options.scale == "none" else largest)

    def _solve(self, cost: Tensor, epsilon: Tensor, g: Tensor | None) -> Solution:
        solution = solve(cost, epsilon, tol=self.inner, max_iter=self.options.max_iter, g=g)
        self.spent += solution.iterations
        return solution

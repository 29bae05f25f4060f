"""The outer loop of Gromov–Wasserstein: linearise, solve, repeat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from aligners.costs import Batch
from aligners.geometry import Geometry, block_masses
from aligners.inputs import check_positive
from aligners.sinkhorn import Solution, solve
from weakpair.errors import ParameterError

_NEAR = 0.1
_MEMORY = 5


@dataclass(frozen=True)
class Stopping:
    """When the outer and the inner loops stop; see `EGWOT` for the names."""

    epsilon: float
    tol: float
    max_iter: int
    tol_outer: float
    max_outer: int
    alpha: float = 1.0

    def check(self) -> None:
        """Raise ParameterError unless all are positive and alpha is at most 1."""
        check_positive(**vars(self))
        if self.alpha > 1:
            raise ParameterError(f"alpha is {self.alpha}; it must be in (0, 1]")


def fixed_point(
    geometry: Geometry,
    batches: Sequence[Batch],
    fused: Sequence[Tensor] | None,
    stop: Stopping,
) -> tuple[list[Solution], int, float]:
    """Linearise and solve until the plan stands still.

    Args:
        geometry: the quadratic part.
        batches: the blocks.
        fused: the part of each batch's cost that does not depend on the plan, if there is one.
        stop: tolerances and caps.

    Returns:
        Solutions of the batches, the number of linearisations, and the last change in L1.
    """
    summary, history = geometry.start(), History()
    solutions: list[Solution] = []
    change, inner, spent = 2.0, 0.1, 0
    for steps in range(1, stop.max_outer + 1):  # noqa: B007
        before, solutions = solutions, []
        for place, batch in enumerate(batches):
            cost = geometry.cost(place, summary)
            if fused is not None:
                cost.mul_(stop.alpha).add_(fused[place])
            batch.mask_(cost)
            epsilon = torch.full((len(cost),), stop.epsilon).to(cost)
            g = before[place].g if before else None
            solutions.append(solve(cost, epsilon, tol=inner, max_iter=stop.max_iter, g=g))
        spent += max(solution.iterations for solution in solutions)
        if before:
            change = plan_change(batches, before, solutions)
        reached = max(float(solution.error.max()) for solution in solutions) <= stop.tol
        if change <= stop.tol_outer and (reached or inner <= stop.tol):
            break
        inner = stop.tol if change <= stop.tol_outer else max(stop.tol, min(0.1, change / 10))
        fresh = geometry.summary([solution.plans for solution in solutions])
        summary = history.mix(summary, fresh) if change < _NEAR else fresh
    return [replace(s, iterations=spent) for s in solutions], steps, change


def plan_change(
    batches: Sequence[Batch], before: Sequence[Solution], after: Sequence[Solution]
) -> float:
    """L1 distance between two plans; overwrites the first."""
    total = 0.0
    for batch, old, new in zip(batches, before, after, strict=True):
        moved = old.plans.sub_(new.plans).abs_().sum((1, 2), keepdim=True)
        total += float((moved * block_masses(batch, moved)).sum())
    return total


class History:
    """Anderson mixing of a fixed-point iteration on the summary (Walker & Ni, 2011).

    Keeps the last differences of arguments and residuals; forgets them when the residual grows.
    """

    def __init__(self) -> None:
        self.last: tuple[Tensor, Tensor] | None = None
        self.moves: list[tuple[Tensor, Tensor]] = []

    def mix(self, argument: Tensor, value: Tensor) -> Tensor:
        """Next argument, from the one just used and the value it gave."""
        residual = value - argument
        if self.last is not None:
            if float(residual.norm()) > float(self.last[1].norm()):
                self.moves = []
            else:
                self.moves.append((argument - self.last[0], residual - self.last[1]))
        self.last, self.moves = (argument, residual), self.moves[-_MEMORY:]
        if not self.moves:
            return value
        steps = torch.stack([step.flatten() for step, _ in self.moves]).double()
        turns = torch.stack([turn.flatten() for _, turn in self.moves]).double()
        gram = turns @ turns.T
        gram.diagonal().add_(1e-10 * gram.diagonal().max())
        weights = torch.linalg.solve(gram, turns @ residual.flatten().double())
        correction: Tensor = (weights @ (steps + turns)).view_as(value).to(value)
        return value - correction

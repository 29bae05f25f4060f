"""The outer loop of Gromov–Wasserstein: linearise, solve, repeat."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import torch
from torch import Tensor

from aligners.assembly import FLOAT32_EPSILON
from aligners.inputs import check_positive
from aligners.solvers.costs import Batch
from aligners.solvers.geometry import Geometry, block_masses
from aligners.solvers.scaling import Factored
from aligners.solvers.sinkhorn import Solution, solve
from weakpair.errors import ParameterError

# Falls of the change running, after which it falls steadily: mixing before that runs into the
# saddle near the product coupling.
_SETTLED = 3
# Differences that mixing keeps, each as large as the summary: older ones tell of other plans.
_MEMORY = 5
# Plans with so many rows are compared in every eighth while they are far apart: 128 rows or more
# then estimate the change.
_MANY, _THIN = 1024, 8
# Change down to which steps are taken in float32: with labels the coarse one, for their steps in
# float64 are cheap; with a single block of n x n the fine one, `tol_outer` by default.
_COARSE, _FINE = 3e-2, 1e-3


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """Tolerances and caps of the outer and the inner loops; see `EGWOT` for the names."""

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


@dataclass(frozen=True)
class FixedPoint:
    """Solutions of the batches, the last summary, steps taken, and the last change in L1."""

    solutions: list[Solution]
    summary: Tensor
    steps: int
    spent: int
    change: float


def fixed_point(
    geometry: Geometry,
    batches: Sequence[Batch],
    fused: Sequence[Tensor] | None,
    stop: Stopping,
) -> FixedPoint:
    """Linearise and solve until the plan stands still.

    In float64 the first steps are taken in float32, where that can represent the problem; the last
    ones, which decide, are not.

    Args:
        geometry: the quadratic part.
        batches: the blocks.
        fused: the part of each batch's cost that does not depend on the plan, if there is one.
        stop: tolerances and caps.
    """
    start = geometry.start()
    origin = FixedPoint([], start, 0, 0, 2.0)
    if stop.max_outer > 1 and start.dtype == torch.float64 and stop.epsilon >= FLOAT32_EPSILON:
        coarse = _coarse(stop, _COARSE if len(batches[0].groups) > 1 else _FINE)
        part = None if fused is None else [cost.float() for cost in fused]
        origin = replace(origin, summary=start.float())
        origin = _double(_iterate(geometry.single(), batches, part, coarse, origin))
    return _iterate(geometry, batches, fused, stop, origin)


def _coarse(stop: Stopping, change: float) -> Stopping:
    """Tolerances of the steps in float32, which leave one step at least."""
    return replace(
        stop,
        tol=max(stop.tol, change / 10),
        tol_outer=max(stop.tol_outer, change),
        max_outer=stop.max_outer - 1,
    )


def _double(point: FixedPoint) -> FixedPoint:
    solutions = [in_double(solution) for solution in point.solutions]
    return replace(point, solutions=solutions, summary=point.summary.double())


def in_double(solution: Solution) -> Solution:
    """A solution whose potentials can start one in float64."""
    return replace(solution, potentials=solution.potentials.double())


def _iterate(
    geometry: Geometry,
    batches: Sequence[Batch],
    fused: Sequence[Tensor] | None,
    stop: Stopping,
    origin: FixedPoint,
) -> FixedPoint:
    """Step on from a point until a step that was not mixed leaves the plan where it is.

    Mixed ones may do so by chance.
    """
    mixing, summary, solutions = History(), origin.summary, origin.solutions
    steps, spent, change = origin.steps, origin.spent, origin.change
    space = Space([None] * len(batches), [None] * len(batches))
    inner, plain = max(stop.tol, min(0.1, change / 10)), True
    while steps < stop.max_outer:
        before, steps = solutions, steps + 1
        found = _solve_all(geometry, batches, fused, summary, before, stop, inner, space)
        solutions = list(found)
        spent += max(solution.iterations for solution in solutions)
        if before:
            enough = 2 * stop.tol_outer if steps < stop.max_outer else inf
            change = plan_change(batches, before, solutions, enough)
        space.recycle(before, solutions)
        fresh = geometry.summary([solution.plans for solution in solutions])
        reached = max(float(solution.error.max()) for solution in solutions) <= stop.tol
        still = change <= stop.tol_outer
        if still and plain and (reached or inner <= stop.tol):
            break
        # A tenth of the change: what the inner problem is off by must not pass for movement.
        inner = stop.tol if still else max(stop.tol, min(0.1, change / 10))
        summary = fresh if still else mixing.next(summary, fresh, change)
        plain = summary is fresh
    return FixedPoint(solutions, fresh, steps, spent, change)


def _solve_all(
    geometry: Geometry,
    batches: Sequence[Batch],
    fused: Sequence[Tensor] | None,
    summary: Tensor,
    before: Sequence[Solution],
    stop: Stopping,
    tol: float,
    space: "Space",
) -> Iterator[Solution]:
    """Solve every batch at the linearised cost, from the potentials of the step before."""
    for place, batch in enumerate(batches):
        cost = geometry.cost(place, summary, space.costs[place])
        if isinstance(cost, Factored) and (fused is not None or batch.padding is not None):
            cost = cost.entries(space.costs[place])
        if isinstance(cost, Tensor):
            space.costs[place] = cost
            if fused is not None:
                cost.mul_(stop.alpha).add_(fused[place])
            batch.mask_(cost)
        yield solve(
            cost, torch.full((cost.shape[0],), stop.epsilon), tol=tol, max_iter=stop.max_iter,
            start=before[place].potentials if before else None, space=space.plans[place],
            padding=batch.padding,
        )  # fmt: skip


@dataclass
class Space:
    """Memory that the steps reuse for costs and plans, per batch; None until there is some."""

    costs: list[Tensor | None]
    plans: list[Tensor | None]

    def recycle(self, old: Sequence[Solution], new: Sequence[Solution]) -> None:
        """Take the memory of plans that are no longer needed, if its type still fits."""
        for place, (before, after) in enumerate(zip(old, new, strict=False)):
            self.plans[place] = before.plans if before.plans.dtype == after.plans.dtype else None


def plan_change(
    batches: Sequence[Batch],
    before: Sequence[Solution],
    after: Sequence[Solution],
    enough: float = inf,
) -> float:
    """L1 distance between two plans; overwrites the first.

    Where every eighth row of plans with many tells that it is more than `enough`, an estimate from
    those.
    """
    if enough < inf and max(batch.rows.shape[1] for batch in batches) >= _MANY:
        some = _moved(batches, before, after, _THIN)
        if some > enough:
            return some
    return _moved(batches, before, after, 1)


def _moved(
    batches: Sequence[Batch], before: Sequence[Solution], after: Sequence[Solution], stride: int
) -> float:
    """L1 distance as every `stride`-th row tells; with stride 1 it overwrites the first plan."""
    total = 0.0
    for batch, old, new in zip(batches, before, after, strict=True):
        one, two = old.plans[:, ::stride], new.plans[:, ::stride]
        moved = torch.sub(one, two, out=one if stride == 1 else None).abs_().sum((1, 2))
        masses = block_masses(batch, moved)[:, 0, 0]
        if stride > 1:
            rows, seen = ((~pad).sum(1) for pad in (batch.row_pad, batch.row_pad[:, ::stride]))
            masses = masses * rows / seen
        total += float((moved * masses).sum())
    return total


class History:
    """Anderson mixing of a fixed-point iteration on the summary (Walker & Ni, 2011).

    Starts when the plan's change has fallen a few times running: the product coupling is close to
    a stationary point that the plain iteration leaves and mixing would run into. Goes on then, as
    its own long steps make the change rise. Keeps the last
    differences of arguments and residuals, and forgets them when the residual grows.
    """

    def __init__(self) -> None:
        self.change = 0.0
        self.falls = 0
        self.settled = False
        self.last: tuple[Tensor, Tensor] | None = None
        self.moves: list[tuple[Tensor, Tensor]] = []

    def next(self, argument: Tensor, value: Tensor, change: float) -> Tensor:
        """Next argument, from the one just used, the value it gave, and the plan's change."""
        self.falls = self.falls + 1 if change < self.change else 0
        self.change = change
        self.settled = self.settled or self.falls >= _SETTLED
        return self._mix(argument, value) if self.settled else value

    def _mix(self, argument: Tensor, value: Tensor) -> Tensor:
        residual = value - argument
        if self.last is not None:
            self.moves.append((argument - self.last[0], residual - self.last[1]))
            if float(residual.norm()) > float(self.last[1].norm()):
                self.moves = []
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

"""Entropic transport for a batch of padded blocks, in the kernel domain and safe in float32.

Potentials start from hard c-transforms, so every row and column of the kernel has an entry 1 and
nothing under- or overflows; they take up the scalings whenever those grow. A few Sinkhorn
iterations come first. Where they are slow a Newton method on the semi-dual takes over, its linear
systems solved by conjugate gradients that need the same two products as a Sinkhorn iteration, or
by Cholesky factors in small blocks at small regularisation; an iteration follows each of its steps.
"""

from dataclasses import dataclass
from math import ceil, inf, log
from typing import TypeVar

import torch
from torch import Tensor

from aligners.solvers.costs import Padding
from aligners.solvers.finite import finite
from aligners.solvers.newton import newton
from aligners.solvers.scaling import Cost, Potentials, Scaling

# Those below move time alone, not the plan: it is that of `tol` whichever way it was reached.
# Iterations before the first check, and most between two; half of them while no rate is known. A
# check waits for a number from the device.
_CHECK = 4
# Error by the error before, per iteration, that is slow, and iterations left that are many: at
# that rate so many gain less than three digits, which Newton's first steps do.
_SLOW = 0.6
_LONG = 12
# L1 error, of 2 at most, within which Newton may begin: farther off its radius cuts its steps.
NEAR = 0.1
# Iterations that are taken before a problem counts as far from its solution.
_WARM_UP = 12
# Factor of epsilon of the easier problem that comes first: a larger one makes fewer problems, whose
# potentials are worse starts.
_ANNEAL = 4.0


Kept = TypeVar("Kept", bound=Scaling)


@dataclass(frozen=True)
class Solution:
    """Plans of a batch.

    `plans` (B, r, c) have mass 1 each and exact row sums, zero in the padding. `error` (B,) is the
    L1 distance of the column sums to b, `potentials` can start another solution. One iteration is
    a product with the kernel and one with its transpose.
    """

    plans: Tensor
    potentials: Potentials
    error: Tensor
    iterations: int


def solve(
    cost: Cost,
    epsilon: Tensor,
    *,
    tol: float,
    max_iter: int,
    start: Potentials | None = None,
    space: Tensor | None = None,
    padding: Padding = None,
) -> Solution:
    """Entropic plans between uniform marginals of mass 1.

    Args:
        cost: (B, r, c), `aligners.solvers.costs.PAD` or more in the padding.
        epsilon: absolute regularisation of each block, (B,).
        tol: largest L1 error of a block's column sums.
        max_iter: cap on iterations.
        start: potentials to start from.
        space: memory for the plans, (B, r, c), overwritten; new if not given.
        padding: the rows (B, r) and columns (B, c) that are none, if there are such.

    Raises:
        MethodError: a number that is not finite.
    """
    state = Scaling(cost, epsilon, start, space, padding)
    # Quicker by a twentieth; what is returned is made outside and may meet autograd later.
    with torch.inference_mode():
        state, used = run(state, tol, max_iter)
    potentials, error = state.potentials(), state.error[:, 0, 0]
    finite(float(error.sum()), used)
    return Solution(state.plans(), potentials, error, used)


def run(state: Kept, tol: float, max_iter: int) -> tuple[Kept, int]:
    """Sinkhorn, annealing while far from the solution, then Newton."""
    used = _sinkhorn(state, tol, max_iter)
    left = max_iter - used
    if float(state.error.max()) > NEAR and left > 0:
        coarse, spent = run(state.coarser(_ANNEAL), NEAR, left // 2)
        state.restart(coarse.potentials().g)
        used += spent + _sinkhorn(state, tol, max(1, min(_CHECK, left - spent)))
    if float(state.error.max()) > tol and used < max_iter:
        used += newton(state, tol, max_iter - used)
    return state, used


def _sinkhorn(state: Scaling, tol: float, max_iter: int) -> int:
    """Iterate until converged, or until it shows that this will take long."""
    last, before, due = 0, inf, _CHECK
    for used in range(1, max_iter):
        if used == due:
            error = finite(float(state.error.max()), used)
            if error <= tol:
                return used
            rate = (error / before) ** (1 / (used - last))
            left = _iterations_left(rate, error, tol)
            if rate > _SLOW and left > _LONG and (error < NEAR or used >= _WARM_UP):
                return used
            last, before, due = used, error, used + ceil(min(left, _CHECK))
            if state.absorb():
                continue
        state.iterate()
    return max_iter


def _iterations_left(rate: float, error: float, tol: float) -> float:
    """Number of iterations to the tolerance at the rate seen; a guess without one."""
    if rate == 0:
        return _CHECK / 2
    return log(tol / error) / log(rate) if rate < 1 else inf

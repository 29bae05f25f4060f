"""Entropic transport for a batch of padded blocks, in the kernel domain and safe in float32.

Potentials start from hard c-transforms, so every row and column of the kernel has an entry 1 and
nothing under- or overflows; they take up the scalings whenever those grow. A few Sinkhorn
iterations come first. Where they are slow a Newton method on the semi-dual takes over, its linear
systems solved by conjugate gradients that need the same two products as a Sinkhorn iteration, or
by Cholesky factors in small blocks at small regularisation.
"""

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

from aligners.costs import Padding
from aligners.newton import newton
from aligners.scaling import Cost, Scaling

_CHECK = 4
_SLOW = 0.6
_LONG = 12
_NEAR = 0.1
_WARM_UP = 12
_ANNEAL = 4.0


@dataclass(frozen=True)
class Solution:
    """Plans of a batch.

    `plans` (B, r, c) have mass 1 each and exact row sums, zero in the padding. `error` (B,) is the
    L1 distance of the column sums to b. `g` (B, 1, c) are the column potentials, in units of the
    cost. One iteration is a product with the kernel and one with its transpose.
    """

    plans: Tensor
    g: Tensor
    error: Tensor
    iterations: int


def solve(
    cost: Cost,
    epsilon: Tensor,
    *,
    tol: float,
    max_iter: int,
    g: Tensor | None = None,
    space: Tensor | None = None,
    padding: Padding = None,
) -> Solution:
    """Entropic plans between uniform marginals of mass 1.

    Args:
        cost: (B, r, c), `aligners.costs.PAD` or more in the padding.
        epsilon: absolute regularisation of each block, (B,).
        tol: largest L1 error of a block's column sums.
        max_iter: cap on iterations.
        g: column potentials to start from, (B, 1, c).
        space: memory for the plans, (B, r, c), overwritten; new if not given.
        padding: the rows (B, r) and columns (B, c) that are none, if there are such.
    """
    state = Scaling(cost, epsilon, g, space, padding)
    # Quicker by a twentieth; what is returned is made outside and may meet autograd later.
    with torch.inference_mode():
        state, used = _run(state, tol, max_iter)
    potentials, error = state.potentials(), state.error[:, 0, 0]
    return Solution(state.plans(), potentials, error, used)


def _run(state: Scaling, tol: float, max_iter: int) -> tuple[Scaling, int]:
    """Sinkhorn, annealing while far from the solution, then Newton."""
    used = _sinkhorn(state, tol, max_iter)
    left = max_iter - used
    if float(state.error.max()) > _NEAR and left > 0:
        coarse = Scaling(state.cost, _ANNEAL * state.epsilon, None, state.kernel, state.padding)
        coarse, spent = _run(coarse, _NEAR, left // 2)
        state.restart(coarse.potentials())
        used += spent + _sinkhorn(state, tol, max(1, min(_CHECK, left - spent)))
    if float(state.error.max()) > tol and used < max_iter:
        used += newton(state, tol, max_iter - used)
    return state, used


def _sinkhorn(state: Scaling, tol: float, max_iter: int) -> int:
    """Iterate until converged, or until it shows that this will take long."""
    previous = float("inf")
    for used in range(1, max_iter):
        if used % _CHECK == 0:
            error = float(state.error.max())
            slow = _is_slow(error, previous, tol)
            if error <= tol or (slow and (error < _NEAR or used >= _WARM_UP)):
                return used
            previous = error
            if state.absorb():
                continue
        state.v = state.b / state.ku
        state.measure()
    return max_iter


def _is_slow(error: float, previous: float, tol: float) -> bool:
    """Whether many more iterations are to come, given the error of the check before."""
    rate = (error / previous) ** (1 / _CHECK)
    return rate > _SLOW and (rate >= 1 or log(tol / error) < _LONG * log(rate))

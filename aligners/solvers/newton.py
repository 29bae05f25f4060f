"""Newton's method on the semi-dual of entropic transport, batched.

With the rows fitted exactly, the semi-dual is concave in h = log v; its gradient is b - c with c
the column sums, its Hessian -(diag(c) - P' diag(1/a) P) (Cuturi & Peyré, A smoothed dual approach,
2016). Near clusters the Hessian has a few small eigenvalues that make Sinkhorn slow and that
conjugate gradients find in as many steps.
"""

from math import inf

import torch
from torch import Tensor

from aligners.solvers.finite import finite
from aligners.solvers.scaling import Scaling

# Largest change of a log-scaling in one step, a factor of e^10, far outside the quadratic model;
# float32 takes four such steps before scalings are absorbed.
_RADIUS = 10.0
# Share of `tol` that the last linear system is solved to: more digits would be thrown away.
_AIM = 0.9
# Products that one system may take; those that need more are ill-conditioned.
_PATIENCE = 64
# Largest side c of a block whose system is then solved by Cholesky factors: 2c³ operations for the
# matrix and c³/3 for the factors, at this side those of six hundred iterations.
_DIRECT = 1024
# Steps running without a gain, after which the type's digits count as used up.
_IDLE = 4
# Halvings of a step, 10^-6 of it: a direction that does not rise by then is rounding.
_HALVINGS = 20


def newton(state: Scaling, tol: float, max_iter: int) -> int:
    """Raise the semi-dual until the column sums are within tol.

    Returns the iterations used.

    Gives up when several steps running no longer raise it: the type's precision is exhausted.

    Raises:
        MethodError: a number that is not finite.
    """
    used, idle = 0, 0
    while used < max_iter and idle < _IDLE:
        error = state.error
        if finite(float(error.max()), used) <= tol:
            return used
        limit = min(_PATIENCE, max_iter - used)
        step, spent, solved = _conjugate_gradients(state, error, tol, limit)
        if not solved and max(state.shape[1:]) <= _DIRECT:
            step = _direct(state)
        tried, rose, products = _line_search(state, step)
        used += spent + tried
        idle = 0 if rose else idle + 1
        if not state.absorb():
            state.measure(products)
        if float(state.error.max()) > tol:
            # Newton steps are good for all columns together; this is for single ones far off.
            state.iterate()
            used += 1
    return used


def _conjugate_gradients(
    state: Scaling, error: Tensor, tol: float, limit: int
) -> tuple[Tensor, int, bool]:
    """Newton direction to a tolerance tied to the error, products used, and if it got there.

    A block stops early when its direction leaves the trust radius (Steihaug).
    """
    sums = state.c
    inverse = sums.reciprocal()
    residual = state.b - sums
    target = error.pow(1.25).clamp_(min=_AIM * tol)
    step = torch.zeros_like(residual)
    weight = state.u.square() / state.a
    active = error > tol
    direction = residual * inverse
    power = _dot(residual, direction)
    for used in range(1, limit + 1):
        spread = state.there_and_back(state.v * direction, weight)
        image = (sums * direction).addcmul_(state.v, spread, value=-1)
        curvature = _dot(direction, image)
        active &= curvature > 0
        length = torch.where(active, power / curvature, 0)
        step.addcmul_(length, direction)
        residual.addcmul_(length, image, value=-1)
        active &= torch.linalg.vector_norm(step, inf, dim=2, keepdim=True) <= _RADIUS
        active &= torch.linalg.vector_norm(residual, 1, dim=2, keepdim=True) > target
        if not bool(active.any()):
            return step, used, True
        scaled = residual * inverse
        new = _dot(residual, scaled)
        direction = scaled.addcmul_(torch.where(active, new / power, 0), direction)
        power = new
    return step, limit, False


def _direct(state: Scaling) -> Tensor:
    """Newton direction by Cholesky factors, in float64."""
    plans = (state.kernel * state.u.transpose(1, 2) * state.v).double()
    c = state.c.double()
    hessian = torch.matmul((plans / state.a.double().transpose(1, 2)).transpose(1, 2), plans).neg_()
    hessian.diagonal(dim1=1, dim2=2).add_(c[:, 0] * (1 + 1e-12))
    hessian += c.transpose(1, 2) * c
    factor, _ = torch.linalg.cholesky_ex(hessian)
    residual = (state.b - state.c).double().transpose(1, 2)
    step = torch.cholesky_solve(residual, factor).transpose(1, 2)
    usable = step.isfinite().all(2, keepdim=True) & (state.error > 0)
    return torch.where(usable, step, 0).to(state.c)


def _line_search(state: Scaling, step: Tensor) -> tuple[int, bool, Tensor]:
    """Move along the step as far as the semi-dual rises.

    Returns the products used, whether it rose at all, and the row products there.
    """
    slope = ((state.b - state.c) * step).sum(2, keepdim=True)
    length = (_RADIUS / step.abs().amax(2, keepdim=True).clamp(min=_RADIUS)).clamp(max=1)
    before = _semi_dual(state, state.v, state.kv)
    floor = 8 * torch.finfo(step.dtype).eps * (1 + before.abs())
    used, trying = 0, True
    while trying:
        v = state.v * torch.exp(length * step)
        products = state.row_products(v)
        gain = _semi_dual(state, v, products) - before
        short = (gain < 0.1 * length * slope) & (length * slope > floor)
        used, trying = used + 1, bool(short.any()) and used < _HALVINGS
        length = torch.where(short, length / 2, length)
    state.v = v
    return used, bool((gain > floor).any()), products


def _semi_dual(state: Scaling, v: Tensor, kv: Tensor) -> Tensor:
    return (state.b * v.log()).sum(2, keepdim=True) - (state.a * kv.log()).sum(2, keepdim=True)


def _dot(one: Tensor, two: Tensor) -> Tensor:
    """Products of rows (B, 1, c), (B, 1, 1)."""
    return torch.bmm(one, two.transpose(1, 2))

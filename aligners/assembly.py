"""Assembly of solved batches into a plan, and the precision that a problem needs."""

from collections.abc import Sequence

import torch
from torch import Tensor

from aligners.inputs import Groups, torch_dtype
from aligners.plan.plan import Block, Plan, Status
from aligners.solvers.costs import Batch
from aligners.solvers.sinkhorn import Solution

# A cost in float32 over this epsilon is off by 5e-4 (see `precision`), five times the usual `tol`.
FLOAT32_EPSILON = 5e-4
# L1 errors are sums of many roundings of 1e-7, and fall no further in float32.
_FLOAT32_TOL = 2e-5


def precision(
    dtype: str, relative_epsilon: float, tol: float
) -> tuple[torch.dtype, tuple[str, ...]]:
    """The type to compute in, and a note where float32 was asked for and cannot do.

    Costs rounded to float32 and divided by epsilon are off by some 2^-22 / epsilon.
    """
    wanted = torch_dtype(dtype)
    if wanted == torch.float32 and relative_epsilon < FLOAT32_EPSILON:
        return torch.float64, ("float64 instead of float32: epsilon is too small for float32",)
    if wanted == torch.float32 and tol < _FLOAT32_TOL:
        return torch.float64, ("float64 instead of float32: tol is too small for float32",)
    return wanted, ()


def collect(
    groups: Groups,
    parts: Sequence[tuple[Batch, Solution, Tensor, Tensor]],
    tol: float,
    seconds: float,
    notes: tuple[str, ...],
) -> Plan:
    """Put solved batches (with epsilons and objectives of their blocks) together."""
    blocks: dict[int, Block] = {}
    errors, epsilons = [0.0] * len(groups), [0.0] * len(groups)
    objective = 0.0
    for batch, solution, epsilon, value in parts:
        cut_batch(batch, solution.plans, blocks)
        of_blocks = zip(
            batch.numbers, solution.error.tolist(), epsilon.tolist(), value.tolist(), strict=True
        )
        for number, error, absolute, cost in of_blocks:
            errors[number], epsilons[number] = error, absolute
            objective += float(groups.masses[number]) * cost
    status = Status(
        iterations=max(solution.iterations for _, solution, _, _ in parts),
        marginal_error=max(errors),
        converged=max(errors) <= tol,
        epsilon=max(epsilons),
        dtype=str(blocks[0].weights.dtype).removeprefix("torch."),
        seconds=seconds,
        notes=notes,
        epsilons=tuple(epsilons) if len(set(epsilons)) > 1 else (),
        objective=objective,
    )
    return Plan(groups.shape, tuple(blocks[k] for k in range(len(groups))), status)


def cut_batch(batch: Batch, plans: Tensor, blocks: dict[int, Block]) -> None:
    """Cut the padding off a batch's plans, give each its mass, and file them by number."""
    groups = batch.groups
    masses = torch.as_tensor(groups.masses[list(batch.numbers)]).to(plans)
    plans.mul_(masses[:, None, None])
    for place, number in enumerate(batch.numbers):
        r, c = batch.sizes(place)
        rows, cols = batch.rows[place, :r], batch.cols[place, :c]
        blocks[number] = Block(rows, cols, plans[place, :r, :c], groups.labels[number])

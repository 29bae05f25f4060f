"""Assembly of solved batches into a plan, and the precision that a problem needs."""

from collections.abc import Callable, Iterable
from time import perf_counter

import torch
from torch import Tensor

from aligners.inputs import Groups, torch_dtype
from aligners.plan.plan import Block, Plan, Status
from aligners.solvers.costs import Batch
from aligners.solvers.sinkhorn import Solution

Cut = Callable[[Batch, Solution, Tensor], dict[int, Block]]

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
    parts: Iterable[tuple[Batch, Solution, Tensor, Tensor]],
    tol: float,
    began: float,
    notes: tuple[str, ...],
    cut: Cut | None = None,
) -> Plan:
    """Put solved batches (with epsilons and objectives of their blocks) together, one by one.

    `began` is when the work began, by `perf_counter`; `cut` makes blocks of a batch, `with_weights`
    by default.
    """
    blocks: dict[int, Block] = {}
    errors, epsilons = [0.0] * len(groups), [0.0] * len(groups)
    objective, iterations = 0.0, 0
    for batch, solution, epsilon, value in parts:
        blocks |= (cut or with_weights)(batch, solution, epsilon)
        iterations = max(iterations, solution.iterations)
        of_blocks = zip(
            batch.numbers, solution.error.tolist(), epsilon.tolist(), value.tolist(), strict=True
        )
        for number, error, absolute, cost in of_blocks:
            errors[number], epsilons[number] = error, absolute
            objective += float(groups.masses[number]) * cost
    status = Status(
        iterations=iterations,
        marginal_error=max(errors),
        converged=max(errors) <= tol,
        epsilon=max(epsilons),
        dtype=str(blocks[0].stored[0].dtype).removeprefix("torch."),
        seconds=perf_counter() - began,
        notes=notes,
        epsilons=tuple(epsilons) if len(set(epsilons)) > 1 else (),
        objective=objective,
    )
    return Plan(groups.shape, tuple(blocks[k] for k in range(len(groups))), status)


def with_weights(batch: Batch, solution: Solution, epsilon: Tensor) -> dict[int, Block]:  # noqa: ARG001
    """Blocks of a batch by their numbers: its plans without padding, each of its mass."""
    groups, plans = batch.groups, solution.plans
    masses = torch.as_tensor(groups.masses[list(batch.numbers)]).to(plans)
    plans.mul_(masses[:, None, None])
    blocks = {}
    for place, number in enumerate(batch.numbers):
        r, c = batch.sizes(place)
        rows, cols = batch.rows[place, :r], batch.cols[place, :c]
        blocks[number] = Block(rows, cols, plans[place, :r, :c], groups.labels[number])
    return blocks

"""The mean of several plans of the same cells."""

from collections.abc import Sequence

import torch

from aligners.plan.block import Block
from aligners.plan.plan import Plan
from aligners.plan.status import Status
from weakpair.errors import ParameterError


def mean_plan(plans: Sequence[Plan]) -> Plan:
    """The mean of plans of the same cells, entry by entry, in float64.

    Plans inside labels give a plan inside labels; a dense one among them makes the mean dense.

    Args:
        plans: at least one, all of one shape.

    Raises:
        ParameterError: no plan, or plans of several shapes.

    >>> import aligners
    >>> labels = ["a", "b"]
    >>> plan = aligners.get("label-uniform").align([[0.0], [1.0]], labels, [[0.0], [1.0]], labels)
    >>> mean_plan([plan, plan]).todense().tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    if not plans:
        raise ParameterError("a mean of plans needs at least one plan")
    shapes = {plan.shape for plan in plans}
    if len(shapes) > 1:
        raise ParameterError(f"plans of {len(shapes)} shapes have no mean: {sorted(shapes)}")
    status = _status(plans)
    ordered = [_blocks(plan) for plan in plans]
    first = _places(ordered[0])
    if all(_places(blocks) == first for blocks in ordered[1:]):
        blocks = tuple(_mean_block(parts) for parts in zip(*ordered, strict=True))
        return Plan(plans[0].shape, blocks, status)
    rows, cols = (torch.arange(n) for n in plans[0].shape)
    weights = torch.stack([torch.as_tensor(plan.todense()).double() for plan in plans]).mean(0)
    return Plan(plans[0].shape, (Block(rows, cols, weights),), status)


def _blocks(plan: Plan) -> list[Block]:
    """Blocks in the order of their labels, with rows and columns in ascending order."""
    sorted_blocks = []
    for block in sorted(plan.blocks, key=lambda block: (block.label or "", int(block.rows.min()))):
        rows, cols = block.rows.argsort(), block.cols.argsort()
        weights = block.weights[rows[:, None], cols]
        sorted_blocks.append(Block(block.rows[rows], block.cols[cols], weights, block.label))
    return sorted_blocks


def _places(blocks: Sequence[Block]) -> list[tuple[list[int], list[int]]]:
    return [(block.rows.tolist(), block.cols.tolist()) for block in blocks]


def _mean_block(parts: Sequence[Block]) -> Block:
    weights = torch.stack([part.weights.double().cpu() for part in parts]).mean(0)
    labels = {part.label for part in parts}
    label = parts[0].label if len(labels) == 1 else None
    return Block(parts[0].rows.cpu(), parts[0].cols.cpu(), weights, label)


def _status(plans: Sequence[Plan]) -> Status:
    return Status(
        iterations=0,
        marginal_error=max(plan.marginal_error for plan in plans),
        converged=all(plan.converged for plan in plans),
        epsilon=None,
        dtype="float64",
        notes=(f"mean of {len(plans)} plans",),
    )

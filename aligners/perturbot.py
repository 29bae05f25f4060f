"""Blocks cut out of an unlabelled plan, as Perturb-OT's `get_coupling_leot_ott` does it."""

from dataclasses import replace

import torch

from aligners.inputs import Groups, on_device
from aligners.plan.plan import Block, Plan


def cut_blocks(plan: Plan, groups: Groups) -> Plan:
    """The labels' blocks of a dense plan, rescaled to total mass 1.

    Keeps the status of the unlabelled problem, but for the marginal error, which is that of the
    labelled one, and a note of the mass outside the blocks.
    """
    weights = plan.blocks[0].weights
    blocks = []
    for r, c, label in zip(groups.rows, groups.cols, groups.labels, strict=True):
        rows, cols = on_device(r, plan.device), on_device(c, plan.device)
        blocks.append(Block(rows, cols, weights[rows[:, None], cols], label))
    inside = sum(block.mass for block in blocks)
    for block in blocks:
        block.weights.div_(inside)
    masses = groups.masses.tolist()
    error = max(_error(block, mass) for block, mass in zip(blocks, masses, strict=True))
    note = f"perturbot: {1 - inside:.4f} of the mass outside the labels' blocks"
    status = replace(
        plan.status, marginal_error=error, notes=(*plan.status.notes, note), objective=None
    )
    return Plan(plan.shape, tuple(blocks), status)


def _error(block: Block, mass: float) -> float:
    """Larger of the L1 errors of row and column sums, relative to the block's mass."""
    sums = [block.weights.sum(axis, dtype=torch.float64) for axis in (0, 1)]
    return max(float((got - mass / len(got)).abs().sum()) for got in sums) / mass

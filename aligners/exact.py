"""Exact optimal transport inside each label's block."""

from time import perf_counter
from typing import ClassVar

import ot
import torch
from numpy.typing import ArrayLike

from aligners.base import Aligner
from aligners.inputs import (
    as_float64,
    check_latents,
    check_positive,
    in_reach,
    in_unit,
    label_groups,
    on_device,
)
from aligners.plan.plan import Block, Plan, Status
from aligners.solvers.costs import squared_distances
from aligners.solvers.finite import finite, naming
from weakpair.errors import MethodError

# Exponent of the largest costs that are handed on as they are, either way: 2^-20 of them is far
# above the 1e-17 below which the network simplex sees zeros.
_COSTS = 20


class ExactOT(Aligner):
    """Unregularised optimal transport inside each label's block: `labeled-eot` at epsilon = 0.

    Minimises <C, T>, C the squared Euclidean distances, by the network simplex of POT (Bonneel et
    al. 2011), on the CPU whatever the device. Each block has its label's share in modality 1 as
    mass and uniform marginals; at most r + c - 1 weights of a block are not zero. Where several
    plans are optimal one of them is returned.

    Args:
        max_iter: cap on the pivots of a block.
    """

    version: ClassVar[int] = 3

    def __init__(self, max_iter: int = 10_000_000) -> None:
        self.max_iter = max_iter

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        began = perf_counter()
        check_positive(max_iter=self.max_iter)
        given, notes = in_unit(*check_latents(z1, t1, z2, t2, same_width=True))
        x, y = map(as_float64, given)
        groups = label_groups(t1, t2)
        centre = x.mean(0)
        blocks, objective, converged = [], 0.0, True
        for r, c, label, mass in zip(
            groups.rows, groups.cols, groups.labels, groups.masses.tolist(), strict=True
        ):
            cost = squared_distances(*(torch.as_tensor(z - centre) for z in (x[r], y[c])))
            with naming(self):
                finite(float(cost.max()), 0)
                # The network simplex takes costs below 1e-17 for zeros.
                (unit,) = in_reach(cost.numpy(), reach=_COSTS)
                weights, log = ot.emd([], [], unit, numItermax=self.max_iter, log=True)
                if log["result_code"] not in (1, 3):
                    raise MethodError(f"label {label!r}: {log['warning']}")
            converged &= log["warning"] is None
            objective += mass * float((weights * cost.numpy()).sum())
            block = torch.as_tensor(mass * weights).to(device)
            blocks.append(Block(on_device(r, device), on_device(c, device), block, label))
        seconds = perf_counter() - began
        status = Status(0, 0.0, converged, 0.0, "float64", seconds, notes, objective=objective)
        return Plan(groups.shape, tuple(blocks), status)

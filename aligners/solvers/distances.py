"""Entropic transport of Euclidean distances inside each label: IPIC matches cells by it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aligners.inputs import Groups
from aligners.solvers.costs import Batch, batches, gather
from aligners.solvers.sinkhorn import solve

Points = NDArray[np.floating[Any]]


def transport(
    x: Points,
    y: Points,
    groups: Groups,
    *,
    epsilon: float,
    tol: float,
    max_iter: int,
    device: torch.device,
) -> tuple[list[NDArray[np.float64]], float]:
    """Entropic plans of mass 1 between uniform marginals, one for each label.

    Args:
        x: points of modality 1, shape (n1, d).
        y: points of modality 2, shape (n2, d).
        groups: rows of every label.
        epsilon: regularisation, as a share of the largest cost of all labels.
        tol: largest L1 error of a plan's column sums; row sums are exact.
        max_iter: cap on iterations; the error tells whether they were enough.
        device: where to compute.

    Returns:
        The plans (r, c), float64, in the order of the labels, and the largest error of all.

    Raises:
        MethodError: a number that is not finite.
    """
    one, two = (torch.as_tensor(z, dtype=torch.float64).to(device) for z in (x, y))
    parts = list(batches(groups, device))
    costs = [torch.cdist(gather(one, part.rows), gather(two, part.cols)) for part in parts]
    scale = max(float(cost.max()) for cost in costs) or 1.0
    plans: dict[int, NDArray[np.float64]] = {}
    worst = 0.0
    for part, cost in zip(parts, costs, strict=True):
        absolute = torch.full((len(cost),), epsilon, dtype=torch.float64)
        masked = part.mask_(cost.div_(scale))
        found = solve(masked, absolute, tol=tol, max_iter=max_iter, padding=part.padding)
        plans.update(zip(part.numbers, _cut(part, found.plans), strict=True))
        worst = max(worst, float(found.error.max()))
    return [plans[number] for number in range(len(groups))], worst


def _cut(part: Batch, plans: Tensor) -> Sequence[NDArray[np.float64]]:
    """The plans of a batch without their padding."""
    sizes = [part.sizes(place) for place in range(len(plans))]
    return [plan[:r, :c].cpu().numpy() for plan, (r, c) in zip(plans, sizes, strict=True)]

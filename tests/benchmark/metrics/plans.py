"""Plans for tests."""

import torch
from numpy.typing import ArrayLike

from aligners.plan.plan import Block, Plan, Status


def status() -> Status:
    return Status(iterations=0, marginal_error=0.0, converged=True, epsilon=None, dtype="float64")


def dense(weights: ArrayLike) -> Plan:
    """A plan of one block with these weights, (n1, n2)."""
    matrix = torch.as_tensor(weights)
    n1, n2 = matrix.shape
    return Plan((n1, n2), (Block(torch.arange(n1), torch.arange(n2), matrix),), status())


def label_uniform(t1: list[int], t2: list[int]) -> Plan:
    """Equal weights inside each label, label mass as in modality 1."""
    a, b = torch.tensor(t1), torch.tensor(t2)
    blocks = []
    for label in sorted(set(t1)):
        rows, cols = torch.where(a == label)[0], torch.where(b == label)[0]
        weight = torch.tensor(1 / len(t1) / len(cols), dtype=torch.float64)
        blocks.append(Block(rows, cols, weight.expand(len(rows), len(cols)), str(label)))
    return Plan((len(t1), len(t2)), tuple(blocks), status())

"""Controls: plans that look at no latent, and the oracle."""

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from aligners.base import Aligner
from aligners.inputs import Groups, label_groups, on_device, one_group
from aligners.plan.plan import Block, Plan, Status
from weakpair.errors import ParameterError
from weakpair.registry import Role

_DONE = Status(iterations=0, marginal_error=0.0, converged=True, epsilon=None, dtype="float64")


def _plan(groups: Groups, weights: list[Tensor], device: str) -> Plan:
    blocks = [
        Block(on_device(r, device), on_device(c, device), w.to(device), label)
        for r, c, w, label in zip(groups.rows, groups.cols, weights, groups.labels, strict=True)
    ]
    return Plan(groups.shape, tuple(blocks), _DONE)


def _flat(groups: Groups, device: str) -> Plan:
    """Blocks of one weight each, stored as one number."""
    weights = []
    for rows, cols, mass in zip(groups.rows, groups.cols, groups.masses, strict=True):
        weight = torch.tensor(mass / (len(rows) * len(cols)), dtype=torch.float64, device=device)
        weights.append(weight.expand(len(rows), len(cols)))
    return _plan(groups, weights, device)


class Uniform(Aligner):
    """Every pair gets the same weight, 1 / (n1 n2); the latents are not looked at."""

    role: ClassVar[Role] = "control"
    needs_labels: ClassVar[bool] = False
    uses_latents: ClassVar[bool] = False

    def align(  # noqa: D102
        self,
        z1: ArrayLike,  # noqa: ARG002
        t1: ArrayLike,
        z2: ArrayLike,  # noqa: ARG002
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        return _flat(one_group(len(np.asarray(t1)), len(np.asarray(t2))), device)


class LabelUniform(Aligner):
    """Every pair of the same label gets the same weight; the latents are not looked at."""

    role: ClassVar[Role] = "control"
    uses_latents: ClassVar[bool] = False

    def align(  # noqa: D102
        self,
        z1: ArrayLike,  # noqa: ARG002
        t1: ArrayLike,
        z2: ArrayLike,  # noqa: ARG002
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        return _flat(label_groups(t1, t2), device)


class RandomPermutation(Aligner):
    """Each cell gets a random partner of its label; the latents are not looked at.

    Where a label has r and c cells in the two modalities, both are put in random order and laid
    side by side on the same stretch, so that marginals are exact; r = c gives a permutation.

    Args:
        seed: source of the orders.
    """

    role: ClassVar[Role] = "control"
    uses_latents: ClassVar[bool] = False
    equivariant: ClassVar[bool] = False

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def align(  # noqa: D102
        self,
        z1: ArrayLike,  # noqa: ARG002
        t1: ArrayLike,
        z2: ArrayLike,  # noqa: ARG002
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        generator = np.random.default_rng(self.seed)
        groups = label_groups(t1, t2)
        weights = []
        for rows, cols, mass in zip(groups.rows, groups.cols, groups.masses, strict=True):
            coupling = np.zeros((len(rows), len(cols)))
            coupling[np.ix_(generator.permutation(len(rows)), generator.permutation(len(cols)))] = (
                mass * staircase(len(rows), len(cols))
            )
            weights.append(torch.as_tensor(coupling))
        return _plan(groups, weights, device)


def staircase(r: int, c: int) -> NDArray[np.float64]:
    """The monotone coupling of two uniform measures on r and c points, shape (r, c), mass 1.

    >>> staircase(2, 2)
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    edges = np.union1d(np.arange(1, r + 1) * c, np.arange(1, c + 1) * r)
    left = np.concatenate([[0], edges[:-1]])
    coupling = np.zeros((r, c))
    coupling[left // c, left // r] = (edges - left) / (r * c)
    return coupling


class Oracle(Aligner):
    """The true pairs, which no method is given.

    A pair (i, j) gets the smaller of its row's and its column's mass; what rows and columns have
    left is coupled independently inside the label, so that marginals are exact.
    """

    role: ClassVar[Role] = "oracle"
    needs_pairing: ClassVar[bool] = True
    uses_latents: ClassVar[bool] = False

    def align(  # noqa: D102
        self,
        z1: ArrayLike,  # noqa: ARG002
        t1: ArrayLike,
        z2: ArrayLike,  # noqa: ARG002
        t2: ArrayLike,
        *,
        device: str = "cpu",
        pairs: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Plan:
        if pairs is None:
            raise ParameterError("oracle needs pairs=(i, j), the indices of the true pairs")
        groups = label_groups(t1, t2)
        i, j = (np.asarray(part, np.int64) for part in pairs)
        partner = _partners(groups, i, j)
        weights = [
            torch.as_tensor(mass * _paired(rows, cols, partner))
            for rows, cols, mass in zip(groups.rows, groups.cols, groups.masses, strict=True)
        ]
        return _plan(groups, weights, device)


def _partners(groups: Groups, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
    """The column paired with each row, -1 where there is none."""
    n1, n2 = groups.shape
    inside = i.shape == j.shape and np.all((i >= 0) & (i < n1)) and np.all((j >= 0) & (j < n2))
    if not inside or len(np.unique(i)) < len(i) or len(np.unique(j)) < len(j):
        raise ParameterError(f"pairs must be distinct rows below {n1} and columns below {n2}")
    label1, label2 = np.empty(n1, np.int64), np.empty(n2, np.int64)
    for number, (rows, cols) in enumerate(zip(groups.rows, groups.cols, strict=True)):
        label1[rows], label2[cols] = number, number
    if np.any(label1[i] != label2[j]):
        raise ParameterError("pairs join cells of different labels; true pairs share theirs")
    partner = np.full(n1, -1, np.int64)
    partner[i] = j
    return partner


def _paired(
    rows: NDArray[np.int64], cols: NDArray[np.int64], partner: NDArray[np.int64]
) -> NDArray[np.float64]:
    """A block of mass 1 with the pairs and the rest coupled independently."""
    r, c = len(rows), len(cols)
    coupling = np.zeros((r, c))
    paired = np.flatnonzero(partner[rows] >= 0)
    order = np.argsort(cols)
    places = order[np.searchsorted(cols, partner[rows[paired]], sorter=order)]
    coupling[paired, places] = min(1 / r, 1 / c)
    left, right = 1 / r - coupling.sum(1), 1 / c - coupling.sum(0)
    rest = left.sum()
    return coupling + np.outer(left, right) / rest if rest > 1e-12 else coupling

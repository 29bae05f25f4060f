"""The walk over labels that blockwise aligners share."""

import warnings
from abc import abstractmethod
from time import perf_counter
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from torch import Tensor

from aligners.base import Aligner
from aligners.inputs import (
    as_float64,
    check_latents,
    in_reach,
    in_unit,
    label_groups,
    on_device,
    one_group,
)
from aligners.plan.plan import Block, Plan, Status
from aligners.plan.sparse import SparseBlock
from aligners.solvers.finite import finite, naming

Floats = NDArray[np.float64]

ROWS_ONLY, FREE = "row marginals only", "free marginals"
"""Notes of plans that keep the mass of rows alone, or of neither rows nor columns."""


class Solved(NamedTuple):
    """Weights (r, c) of a block, up to a factor, dense or sparse, and how they were found."""

    weights: Floats | coo_array
    iterations: int = 0
    converged: bool = True


class Blockwise(Aligner):
    """Couples the cells of each label by a method of its own, on the CPU in float64.

    One that does not need labels couples all cells as one block.
    Each block has its label's share in modality 1 as mass. A block without any mass is uniform, and
    its label is noted.
    """

    same_width: ClassVar[bool] = True
    marginals: ClassVar[str] = FREE

    @abstractmethod
    def _solve(self, x: Floats, y: Floats) -> Solved:
        """Weights between the cells of a label, (r, d1) and (c, d2), centred on one point."""

    def _check_parameters(self) -> None:
        """Refuse parameters that cannot be.

        Raises:
            ParameterError: one of them is out of its range.
        """

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
        self._check_parameters()
        x, y = check_latents(z1, t1, z2, t2, same_width=self.same_width)
        if self.same_width:
            (x, y), notes = in_unit(x, y)
        else:
            (x,), (y,), notes = in_reach(x), in_reach(y), ()
        one, two = as_float64(x), as_float64(y)
        groups = label_groups(t1, t2) if self.needs_labels else one_group(len(one), len(two))
        blocks, empty, iterations, converged = [], [], 0, True
        for r, c, label, mass in zip(
            groups.rows, groups.cols, groups.labels, groups.masses.tolist(), strict=True
        ):
            with naming(self), warnings.catch_warnings():
                # POT warns of what the status tells.
                warnings.simplefilter("ignore")
                solved = self._solve(one[r], two[c])
                total = finite(float(solved.weights.sum()), solved.iterations)
            weights = solved.weights
            if total <= 0:
                weights = np.ones((len(r), len(c)))
                empty.append(str(label))
            places = on_device(r, device), on_device(c, device)
            blocks.append(_block(*places, weights, mass, label))
            iterations, converged = max(iterations, solved.iterations), converged & solved.converged
        if empty:
            notes = (
                *notes,
                f"no mass found for {len(empty)} labels, {empty[0]} among them: uniform",
            )
        status = Status(
            iterations,
            0.0,
            converged,
            None,
            "float64",
            perf_counter() - began,
            (self.marginals, *notes),
        )
        return Plan(groups.shape, tuple(blocks), status)


def _block(
    rows: Tensor, cols: Tensor, weights: Floats | coo_array, mass: float, label: str | None
) -> Block:
    """A block of that mass, sparse where its weights are."""
    device = rows.device
    if isinstance(weights, coo_array):
        values = torch.as_tensor(mass * weights.data / weights.data.sum()).to(device)
        places = torch.as_tensor(np.stack(weights.coords).astype(np.int64)).to(device)
        return SparseBlock(rows, cols, places, values, label)
    return Block(rows, cols, torch.as_tensor(mass * weights / weights.sum()).to(device), label)


def costs_of(x: Floats, y: Floats) -> Floats:
    """Squared Euclidean distances (r, c), the largest of them 1; zeros where all are."""
    centre = x.mean(axis=0)
    one, two = x - centre, y - centre
    squares = np.square(one).sum(1)[:, None] + np.square(two).sum(1) - 2 * one @ two.T
    largest = squares.max()
    return np.maximum(squares, 0) / largest if largest > 0 else np.zeros_like(squares)


def rows_alike(weights: Floats) -> Floats:
    """Weights whose rows have one sum each; a row without any is uniform."""
    sums = weights.sum(axis=1, keepdims=True)
    return np.where(sums > 0, weights / np.where(sums > 0, sums, 1), 1 / weights.shape[1])

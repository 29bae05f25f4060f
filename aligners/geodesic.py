"""Unbalanced Gromov–Wasserstein on geodesics of nearest-neighbour graphs."""

import warnings
from time import perf_counter
from typing import ClassVar

import numpy as np
import ot
import torch
from numpy.typing import ArrayLike, NDArray

from aligners.base import Aligner
from aligners.blockwise.base import FREE, Solved
from aligners.inputs import as_float64, check_latents, check_positive, on_device, one_group
from aligners.plan.plan import Block, Plan, Status
from aligners.solvers.finite import finite, naming
from aligners.solvers.graphs import geodesics

Floats = NDArray[np.float64]


class SCOTv2(Aligner):
    """Unbalanced Gromov–Wasserstein on geodesics: marginals are asked for, not forced.

    SCOTv2's coupling (Demetci et al., SCOTv2: Single-cell multiomic alignment with disproportionate
    cell-type representation, Journal of Computational Biology 2022), with the distances of `scot`,
    by POT; the projection onto one modality is the imputer's affair here. Distances are divided by
    their maximum. Latents may differ in width.

    Args:
        epsilon: weight of the entropy.
        marginal_weight: ρ, the weight of the marginals.
        k: number of neighbours, fewer than the cells of the smaller modality.
        max_iter: cap on the steps.
    """

    needs_labels: ClassVar[bool] = False

    def __init__(
        self,
        epsilon: float = 5e-3,
        marginal_weight: float = 1.0,
        k: int = 10,
        max_iter: int = 50,
    ) -> None:
        self.epsilon = epsilon
        self.marginal_weight = marginal_weight
        self.k = k
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
        check_positive(
            epsilon=self.epsilon,
            marginal_weight=self.marginal_weight,
            k=self.k,
            max_iter=self.max_iter,
        )
        x, y = map(as_float64, check_latents(z1, t1, z2, t2, same_width=False))
        with naming(self), warnings.catch_warnings():
            # POT warns of what the status tells.
            warnings.simplefilter("ignore")
            solved = self._solve(geodesics(x, self.k)[0], geodesics(y, self.k)[0])
            total = finite(float(solved.weights.sum()), solved.iterations)
        lost = () if total > 0 else ("no mass found: uniform",)
        weights = solved.weights if total > 0 else np.ones_like(solved.weights)
        groups = one_group(len(x), len(y))
        shares = torch.as_tensor(weights / weights.sum()).to(device)
        rows, cols = (on_device(side[0], device) for side in (groups.rows, groups.cols))
        seconds = perf_counter() - began
        status = Status(
            solved.iterations, 0.0, solved.converged, None, "float64", seconds, (FREE, *lost)
        )
        return Plan(groups.shape, (Block(rows, cols, shares, None),), status)

    def _solve(self, one: Floats, two: Floats) -> Solved:
        weights, _, log = ot.gromov.fused_unbalanced_gromov_wasserstein(
            one,
            two,
            reg_marginals=self.marginal_weight,
            epsilon=self.epsilon,
            alpha=0,
            unbalanced_solver="sinkhorn_log",
            max_iter=self.max_iter,
            tol=_STOP,
            max_iter_ot=200,
            tol_ot=_STOP,
            log=True,
        )
        errors = log["error"]
        return Solved(weights, len(errors), bool(errors) and float(errors[-1]) <= _STOP)


_STOP = 1e-5  # change of the plan in a step

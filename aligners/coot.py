"""Co-optimal transport: a plan of the samples, per label or of all, and one of the features."""

from dataclasses import replace
from time import perf_counter
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from aligners.assembly import collect, precision
from aligners.base import Aligner
from aligners.inputs import (
    Groups,
    check_choice,
    check_latents,
    check_positive,
    in_unit,
    label_groups,
    one_group,
)
from aligners.plan.plan import Plan
from aligners.solvers import costs
from aligners.solvers.coupled import Alternation, Halves, faint
from aligners.solvers.finite import naming


class COOT(Aligner):
    """Entropic co-optimal transport between all cells, labels ignored.

    Minimises sum (x_ik - y_jm)^2 T_ij F_km, entropic in the plan T of the samples and in the plan
    F of the features, by turns from product couplings (Redko et al., NeurIPS 2020). All marginals
    are uniform. Latents may differ in width.

    Each subproblem's cost is divided by its own maximum in every turn; the status records the
    absolute epsilons of the last turn, and a note that of the features.

    Args:
        epsilon: regularisation of the sample plan, relative to the cost's scale.
        epsilon_features: regularisation of the feature plan, likewise; None means `epsilon`.
        tol: largest L1 error of the column sums, relative to the mass.
        max_iter: cap on the iterations of one transport problem.
        dtype: as in `aligners.linear.EOT`.
        scale: "max", or "none" for absolute epsilons and a true descent on one objective.
        tol_outer: largest L1 change of the sample plan in the last turn.
        max_outer: cap on turns.

    Raises:
        ParameterError: a parameter or an array that is wrong.
    """

    needs_labels: ClassVar[bool] = False

    def __init__(
        self,
        epsilon: float = 5e-3,
        epsilon_features: float | None = None,
        tol: float = 1e-4,
        max_iter: int = 5000,
        dtype: str = "float64",
        scale: str = "max",
        tol_outer: float = 1e-3,
        max_outer: int = 500,
    ) -> None:
        self.epsilon = epsilon
        self.epsilon_features = epsilon_features
        self.tol = tol
        self.max_iter = max_iter
        self.dtype = dtype
        self.scale = scale
        self.tol_outer = tol_outer
        self.max_outer = max_outer

    def align(  # noqa: D102
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> Plan:
        return self.couple(z1, t1, z2, t2, device=device)[0]

    def couple(
        self,
        z1: ArrayLike,
        t1: ArrayLike,
        z2: ArrayLike,
        t2: ArrayLike,
        *,
        device: str = "cpu",
    ) -> tuple[Plan, NDArray[np.float64]]:
        """Give both plans: that of the samples as `align` does, and that of the features.

        Returns:
            The samples' plan, and the features' of shape (d1, d2), which sums to 1.
        """
        began = perf_counter()
        x, y = check_latents(z1, t1, z2, t2, same_width=False)
        features = self.epsilon if self.epsilon_features is None else self.epsilon_features
        self._check(features)
        (x, y), unit = in_unit(x, y, absolute=self.scale == "none")
        groups = self._groups(t1, t2)
        dtype, notes = precision(self.dtype, min(self.epsilon, features), self.tol)
        small = faint(groups, x, y)
        if small and dtype == torch.float32:
            dtype, notes = torch.float64, ("float64 instead of float32: a label's costs are tiny",)
        points = [torch.tensor(z, dtype=dtype, device=device) for z in (x, y)]
        batches = list(costs.batches(groups, device, None))
        run = Alternation(Halves(batches, *points), self, features)
        with naming(self):
            solutions, epsilons = run.until_still(coarse=not small)
        value = [torch.full_like(epsilon, run.objective) for epsilon in epsilons]
        parts = list(zip(batches, solutions, epsilons, value, strict=True))
        plan = collect(groups, parts, self.tol, began, (*notes, *unit, *run.notes))
        status = replace(plan.status, converged=plan.converged and run.still)
        return Plan(plan.shape, plan.blocks, status), run.feature_plan

    def _groups(self, t1: ArrayLike, t2: ArrayLike) -> Groups:
        return one_group(len(np.asarray(t1)), len(np.asarray(t2)))

    def _check(self, features: float) -> None:
        check_positive(
            epsilon=self.epsilon,
            epsilon_features=features,
            tol=self.tol,
            max_iter=self.max_iter,
            tol_outer=self.tol_outer,
            max_outer=self.max_outer,
        )
        check_choice("scale", self.scale, ("max", "none"))


class LabeledCOOT(COOT):
    """Entropic co-optimal transport with the sample plan restricted to the labels' blocks.

    Minimises sum_l sum (x_ik - y_jm)^2 T^l_ij F_km, with a plan T^l for each label and one plan F
    of the features for all (Ryu et al. 2024). Each block has its label's share in modality 1 as
    mass and uniform marginals. The samples' costs are divided by their maximum per label.

    Args:
        epsilon: as in `COOT`, of every label's plan.
        epsilon_features: as in `COOT`.
        tol: as in `COOT`, for every block relative to its mass.
        max_iter: as in `COOT`.
        dtype: as in `COOT`.
        scale: as in `COOT`.
        tol_outer: as in `COOT`.
        max_outer: as in `COOT`.
    """

    needs_labels: ClassVar[bool] = True
    version: ClassVar[int] = 5

    def _groups(self, t1: ArrayLike, t2: ArrayLike) -> Groups:
        return label_groups(t1, t2)

"""Unbalanced relatives of Gromov–Wasserstein and of co-optimal transport, label by label."""

from typing import Any, ClassVar

import numpy as np
import ot

from aligners.blockwise.base import Blockwise, Floats, Solved, costs_of
from aligners.inputs import check_positive
from aligners.solvers.graphs import geodesics
from weakpair.errors import ParameterError


class LabeledFUGW(Blockwise):
    """Fused unbalanced Gromov–Wasserstein inside each label's block.

    Squared distances inside the modalities, and with `alpha` above 0 those between them, with
    marginals that are asked for by a Kullback–Leibler term only (Séjourné, Vialard & Peyré, The
    unbalanced Gromov Wasserstein distance, NeurIPS 2021; Thual et al., Aligning individual brains
    with fused unbalanced Gromov-Wasserstein, NeurIPS 2022), by POT. All costs are in units of the
    label's largest. Latents may differ in width where `alpha` is 0.

    Args:
        epsilon: weight of the entropy.
        marginal_weight: ρ, the weight of the marginals.
        alpha: weight of the squared distances between modalities.
        max_iter: cap on the steps of a block.
    """

    def __init__(
        self,
        epsilon: float = 0.01,
        marginal_weight: float = 1.0,
        alpha: float = 0.5,
        max_iter: int = 50,
    ) -> None:
        self.epsilon = epsilon
        self.marginal_weight = marginal_weight
        self.alpha = alpha
        self.max_iter = max_iter

    def _check_parameters(self) -> None:
        _check(self)
        if not self.alpha >= 0:
            raise ParameterError(f"alpha is {self.alpha}; it must be at least 0")

    def _solve(self, x: Floats, y: Floats) -> Solved:
        weights, _, log = ot.gromov.fused_unbalanced_gromov_wasserstein(
            costs_of(x, x),
            costs_of(y, y),
            reg_marginals=self.marginal_weight,
            epsilon=self.epsilon,
            alpha=self.alpha,
            M=costs_of(x, y) if self.alpha else None,
            **_how(self.max_iter),
        )
        return _solved(weights, log)


class LabeledUCOOT(Blockwise):
    """Unbalanced co-optimal transport inside each label: a plan of the cells, one of the features.

    Unlike in `labeled-coot` every label has a feature plan of its own, and neither plan has to keep
    its marginals (Tran et al., Unbalanced CO-optimal transport, AAAI 2023), by POT. Latents may
    differ in width; those of a label are divided by their largest size.

    Args:
        epsilon: weight of the entropy, of both plans.
        marginal_weight: ρ, the weight of the marginals, of both plans.
        max_iter: cap on the steps of a block.
    """

    same_width: ClassVar[bool] = False

    def __init__(
        self, epsilon: float = 0.01, marginal_weight: float = 1.0, max_iter: int = 50
    ) -> None:
        self.epsilon = epsilon
        self.marginal_weight = marginal_weight
        self.max_iter = max_iter

    def _check_parameters(self) -> None:
        _check(self)

    def _solve(self, x: Floats, y: Floats) -> Solved:
        one, two = (_in_unit(z) for z in (x, y))
        weights, _, log = ot.gromov.unbalanced_co_optimal_transport(
            one,
            two,
            reg_marginals=self.marginal_weight,
            epsilon=self.epsilon,
            **_how(self.max_iter),
        )
        return _solved(weights, log)


class SCOTv2(Blockwise):
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
    same_width: ClassVar[bool] = False

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

    def _check_parameters(self) -> None:
        _check(self)
        check_positive(k=self.k)

    def _solve(self, x: Floats, y: Floats) -> Solved:
        return self._couple(geodesics(x, self.k)[0], geodesics(y, self.k)[0])

    def _couple(self, one: Floats, two: Floats) -> Solved:
        """Weights from distances inside the modalities, (n1, n1) and (n2, n2)."""
        weights, _, log = ot.gromov.fused_unbalanced_gromov_wasserstein(
            one,
            two,
            reg_marginals=self.marginal_weight,
            epsilon=self.epsilon,
            alpha=0,
            **_how(self.max_iter),
        )
        return _solved(weights, log)


_TOLERANCE = 1e-5  # L1 change of the plan in a step


def _check(aligner: Any) -> None:
    check_positive(
        epsilon=aligner.epsilon,
        marginal_weight=aligner.marginal_weight,
        max_iter=aligner.max_iter,
    )


def _how(max_iter: int) -> dict[str, Any]:
    return {
        "unbalanced_solver": "sinkhorn_log",
        "max_iter": max_iter,
        "tol": _TOLERANCE,
        "max_iter_ot": 200,
        "tol_ot": _TOLERANCE,
        "log": True,
    }


def _solved(weights: Floats, log: dict[str, Any]) -> Solved:
    errors = log["error"]
    return Solved(weights, len(errors), bool(errors) and float(errors[-1]) < _TOLERANCE)


def _in_unit(z: Floats) -> Floats:
    centred = np.asarray(z - z.mean(axis=0))
    largest = float(np.abs(centred).max())
    return centred / largest if largest > 0 else centred

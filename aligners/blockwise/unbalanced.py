"""Optimal transport that may leave cells without partners."""

import numpy as np
import ot

from aligners.blockwise.base import Blockwise, Floats, Solved, costs_of
from aligners.inputs import check_positive
from weakpair.errors import ParameterError


class LabeledUnbalanced(Blockwise):
    """Unbalanced entropic optimal transport inside each label's block.

    Minimises <C, T> + ε KL(T | ab') + ρ KL(T1 | a) + ρ KL(T'1 | b), C the squared distances in
    units of the label's largest (Chizat et al., Scaling algorithms for unbalanced optimal transport
    problems, Mathematics of Computation 2018), by POT. Cells that are far from all others, such as
    those that a perturbation missed in one modality, get less mass than others.

    Args:
        epsilon: ε, relative to the label's largest cost.
        marginal_weight: ρ, likewise: the smaller, the more cells go without partners.
        max_iter: cap on the iterations of a block.
    """

    def __init__(
        self, epsilon: float = 5e-3, marginal_weight: float = 0.1, max_iter: int = 2000
    ) -> None:
        self.epsilon = epsilon
        self.marginal_weight = marginal_weight
        self.max_iter = max_iter

    def _check_parameters(self) -> None:
        check_positive(
            epsilon=self.epsilon, marginal_weight=self.marginal_weight, max_iter=self.max_iter
        )

    def _solve(self, x: Floats, y: Floats) -> Solved:
        a, b = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
        weights, log = ot.unbalanced.sinkhorn_unbalanced(
            a,
            b,
            costs_of(x, y),
            self.epsilon,
            self.marginal_weight,
            method="sinkhorn_stabilized",
            numItermax=self.max_iter,
            stopThr=_STOP,
            log=True,
        )
        errors = log["err"]
        steps = _EVERY * len(errors)
        return Solved(weights, steps, bool(errors) and float(errors[-1]) <= _STOP)


class LabeledPartial(Blockwise):
    """Partial entropic optimal transport inside each label's block.

    Minimises <C, T> − εH(T) over plans that move the share `share` of the mass and no cell's mass
    twice, C the squared distances in units of the label's largest (Benamou et al., Iterative
    Bregman projections, SIAM Journal on Scientific Computing 2015, section 5), by POT. The rest has
    no partner.

    Args:
        epsilon: ε, relative to the label's largest cost.
        share: of the mass that is moved, above 0 and at most 1.
        max_iter: cap on the iterations of a block.
    """

    def __init__(self, epsilon: float = 5e-3, share: float = 0.9, max_iter: int = 1000) -> None:
        self.epsilon = epsilon
        self.share = share
        self.max_iter = max_iter

    def _check_parameters(self) -> None:
        check_positive(epsilon=self.epsilon, share=self.share, max_iter=self.max_iter)
        if self.share > 1:
            raise ParameterError(f"share is {self.share}; it must be at most 1")

    def _solve(self, x: Floats, y: Floats) -> Solved:
        a, b = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
        # The sum of n times 1/n may be a rounding below 1.
        mass = min(self.share, float(a.sum()), float(b.sum()))
        weights, log = ot.partial.entropic_partial_wasserstein_logscale(
            a,
            b,
            costs_of(x, y),
            self.epsilon,
            m=mass,
            numItermax=self.max_iter,
            stopThr=_PARTIAL_STOP,
            log=True,
        )
        errors = log["err"]
        return Solved(weights, _EVERY * len(errors), float(errors[-1]) <= _PARTIAL_STOP)


# POT looks at its error in every tenth iteration; it is that of scalings, or of log weights.
_EVERY, _STOP, _PARTIAL_STOP = 10, 1e-6, 1e-4

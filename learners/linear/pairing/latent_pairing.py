"""Probabilistic CCA whose pairing is unknown: expectation–maximisation inside labels.

Inside a label the whitened residuals of both modalities are jointly Gaussian with canonical
directions U, V and correlations ρ; which residual belongs to which is a latent variable, relaxed
to a coupling. The E step is entropic transport under the log-likelihood ratio, the M step a
singular value decomposition of the cross-covariance under the coupling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

MAX_CORRELATION = 0.99
"""Correlations are cut here: at 1 the likelihood ratio has no bound."""

_FLOOR, _RANGE = -50.0, 30.0  # of log-kernels, and of log-scalings to start from
_SWEEPS = 12  # Sinkhorn iterations of an E step; the next step goes on from there


class Group(NamedTuple):
    """Residuals of one label: (n, k1) and (m, k2), and the label's share of the cells."""

    r1: Tensor
    r2: Tensor
    share: float


@dataclass(frozen=True, eq=False)
class Canonical:
    """Canonical pairs of S models: u (S, k1, d), v (S, k2, d), correlations rho (S, d)."""

    u: Tensor
    v: Tensor
    rho: Tensor

    @classmethod
    def of(cls, cross: Tensor) -> "Canonical":
        """The M step: canonical pairs of cross-covariances (S, k1, k2) of whitened residuals."""
        u, rho, vt = torch.linalg.svd(cross.double(), full_matrices=False)
        return cls(u, vt.mT, rho.clamp(max=MAX_CORRELATION))

    @property
    def weights(self) -> Tensor:
        """√(ρ / (1 − ρ²)), shape (S, d): squared distances so weighted are log-odds of a pair."""
        return (self.rho / (1 - self.rho.square())).sqrt()

    @property
    def cross(self) -> Tensor:
        """Cross-covariances that have these canonical pairs, (S, k1, k2)."""
        return (self.u * self.rho[:, None]) @ self.v.mT

    def pick(self, which: Tensor) -> "Canonical":
        """Select some of the models."""
        return Canonical(self.u[which], self.v[which], self.rho[which])


class Expectation(NamedTuple):
    """Cross-covariances (S, k1, k2) of S models under the couplings, and evidence (S,) in nats.

    `g` are the column potentials of every label, (S, 1, m), for the next step to start from.
    """

    cross: Tensor
    evidence: Tensor
    g: tuple[Tensor, ...]

    def pick(self, which: Tensor) -> "Expectation":
        """Select some of the models."""
        return Expectation(self.cross[which], self.evidence[which], tuple(g[which] for g in self.g))


def expect(
    groups: Sequence[Group], model: Canonical, before: Expectation | None = None
) -> Expectation:
    """The E step: couplings of every label under the model, and their evidence.

    The coupling T of a label maximises E[log-likelihood ratio] − KL(T ‖ product). The evidence is
    F = Σ_k (ρ u'Cv − ρ²) / (1 − ρ²) − ½ log(1 − ρ²), less that divergence, in nats per cell.

    Args:
        groups: residuals by label.
        model: S models.
        before: the step before; potentials kept from step to step let few Sinkhorn iterations
            suffice. Without that, columns far from uniform pass for evidence.
    """
    cross = torch.zeros(len(model.u), model.u.shape[1], model.v.shape[1], dtype=torch.float64)
    divergence = torch.zeros(len(model.u), dtype=torch.float64)
    columns = []
    for group, step in _coupled(groups, model, before.g if before else ()):
        columns.append(step.found.g)
        # Mean log-odds are u'Cv less half the mean squared norms; the first part is added below.
        norms = step.z1.square().sum((1, 2)) / step.z1.shape[1]
        norms += step.z2.square().sum((1, 2)) / step.z2.shape[1]
        divergence += group.share * (step.found.potentials - norms / 2)
        cross += group.share * step.cross(group)
    rho, explained = model.rho, (model.u * (cross @ model.v)).sum(1)
    divergence += (model.weights.square() * explained).sum(1)
    gain = (rho * explained - rho.square()) / (1 - rho.square())
    evidence = (gain - (1 - rho.square()).log() / 2).sum(1) - divergence
    return Expectation(cross, evidence, tuple(columns))


def tempered(
    groups: Sequence[Group], model: Canonical, temperature: float, before: Sequence[Tensor] = ()
) -> tuple[Tensor, list[Tensor]]:
    """Cross-covariances (S, k1, k2) under couplings of the log-odds divided by a temperature.

    Above 1 a coupling trusts the model less than it says of itself: that suits cells without
    partners, among which every E step finds neighbours that agree by chance.

    Args:
        groups: residuals by label.
        model: S models.
        temperature: divides the log-odds.
        before: column potentials of the step before, which are returned too.
    """
    cross = torch.zeros(len(model.u), model.u.shape[1], model.v.shape[1], dtype=torch.float64)
    columns = []
    for group, step in _coupled(groups, model, before, temperature):
        columns.append(step.found.g)
        cross += group.share * step.cross(group)
    return cross, columns


class _Step(NamedTuple):
    """Canonical scores of one label, (S, n, d) and (S, m, d), and their coupling."""

    z1: Tensor
    z2: Tensor
    found: "Coupling"

    def cross(self, group: Group) -> Tensor:
        """Cross-covariance of the label's residuals under the coupling, (S, k1, k2)."""
        return group.r1.T @ (self.found.plans @ group.r2)


def _coupled(
    groups: Sequence[Group], model: Canonical, before: Sequence[Tensor], temperature: float = 1.0
) -> Iterator[tuple[Group, _Step]]:
    """Every label with its coupling under the model, one at a time: plans are large."""
    u, v = (part * model.weights[:, None] / temperature**0.5 for part in (model.u, model.v))
    a, b = u.float(), v.float()
    for i, group in enumerate(groups):
        z1, z2 = group.r1 @ a, group.r2 @ b
        yield group, _Step(z1, z2, coupling(log_odds(z1, z2), before[i] if before else None))


def log_odds(z1: Tensor, z2: Tensor) -> Tensor:
    """−½‖z1 − z2‖² of all pairs, shape (S, n, m), for z1 (S, n, d) and z2 (S, m, d)."""
    half1 = z1.square().sum(2, keepdim=True) / 2
    half2 = z2.square().sum(2)[:, None] / 2
    return torch.baddbmm(half1 + half2, z1, z2.mT, beta=-1)


class Coupling(NamedTuple):
    """Plans of mass 1, (S, n, m); the mean of log(T n m) − log-odds under them, (S,).

    `g` are the column potentials, (S, 1, m): T is exp(log-odds + f + g).
    """

    plans: Tensor
    potentials: Tensor
    g: Tensor


def coupling(logits: Tensor, g: Tensor | None = None, sweeps: int = _SWEEPS) -> Coupling:
    """Couplings T = diag(u) exp(logits) diag(v) of uniform marginals.

    Args:
        logits: log of the kernel, shape (S, n, m); overwritten.
        g: column potentials to start from, (S, 1, m).
        sweeps: Sinkhorn iterations; the row sums are exact in the end.
    """
    _, n, m = logits.shape
    # Every row and column of the kernel gets an entry 1, so that float32 neither over- nor
    # underflows where it matters.
    rows = logits.amax(2, keepdim=True)
    logits -= rows
    columns = logits.amax(1, keepdim=True)
    logits -= columns
    # The floor changes no plan that float32 can tell, and spares the slow denormal numbers.
    kernel = logits.clamp_(min=_FLOOR).exp_()
    u, v = torch.full_like(rows.mT, 1 / n), torch.full_like(columns, 1 / m)
    if g is not None:
        v = (g + columns).clamp_(-_RANGE, _RANGE).exp_()
    for _ in range(sweeps):
        u = torch.baddbmm(u, v, kernel.mT, beta=0, alpha=n).reciprocal_()
        v = torch.baddbmm(v, u, kernel, beta=0, alpha=m).reciprocal_()
    u = torch.baddbmm(u, v, kernel.mT, beta=0, alpha=n).reciprocal_()
    f, g = u.log() - rows.mT, v.log() - columns
    plans = kernel.mul_(u.mT).mul_(v)
    return Coupling(plans, f.mean((1, 2)) + g.mean((1, 2)) + float(np.log(n * m)), g)

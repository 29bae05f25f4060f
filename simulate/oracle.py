"""Latents that only the simulator knows: ceilings for every learner.

An aligner that is handed these shows what it could do if learning were no obstacle. They are
oracles, never competitors.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulate.simulation import Simulation
from weakpair.errors import ParameterError, UnknownNameError

Latents = NDArray[np.float32]

_BOUND = 2.0  # SD


def true_latents(simulation: Simulation) -> tuple[Latents, Latents]:
    """Perturbed latents V without noise, each modality's own dimensions included, (cells, d)."""
    truth = simulation.truth
    return truth.v1.astype(np.float32), truth.v2.astype(np.float32)


def shared_latents(simulation: Simulation) -> tuple[Latents, Latents]:
    """V restricted to the shared dimensions: the two modalities are equal, (cells, d_s).

    Raises:
        ParameterError: the simulation has no shared dimension.
    """
    dims = _shared_dims(simulation)
    v1, v2 = true_latents(simulation)
    return v1[:, :dims], v2[:, :dims]


def noisy_shared_latents(simulation: Simulation) -> tuple[Latents, Latents]:
    """V plus noise, restricted to the shared dimensions, (cells, d_s).

    It is what a shared representation of the features could hold, since noise enters before the
    loadings. All dimensions count alike, the noisiest too, so it is no ceiling: a learner that
    weighs them by their reliability can be above it. `weighted_shared_latents` does. The noise's
    mean, a constant offset between the modalities, is taken out: it says nothing about cells, and
    a common space has none.

    Raises:
        ParameterError: the simulation has no shared dimension.
    """
    dims = _shared_dims(simulation)
    truth, p = simulation.truth, simulation.parameters
    z1 = truth.v1 + truth.noise1 - truth.noise_mean1 * p.scale / p.snr
    z2 = truth.v2 + truth.noise2 - truth.noise_mean2 * p.scale / p.snr
    return z1[:, :dims].astype(np.float32), z2[:, :dims].astype(np.float32)


def weighted_shared_latents(simulation: Simulation) -> tuple[Latents, Latents]:
    """V plus noise in the shared dimensions, each weighted by how reliable it is, (cells, d_s).

    Within a condition, dimension j of both modalities is taken as Gaussian with correlation ρ_j.
    The log-likelihood ratio of two cells being one has the cross term ρ / (1 - ρ²) · a b of the
    standardised coordinates, and terms of one cell alone, which do not move a plan with fixed
    marginals. So coordinates are divided by their SD within conditions and multiplied by
    sqrt(ρ / (1 - ρ²)), ρ being the share of that variance which is not noise. In between they
    saturate at two SD: aligners blur by a share of the largest cost, which a few cells far out in
    a dimension of much weight would set.

    Raises:
        ParameterError: the simulation has no shared dimension.
    """
    z1, z2 = noisy_shared_latents(simulation)
    truth, p = simulation.truth, simulation.parameters
    dims, factor = truth.shared_dims, p.scale / p.snr
    signal = _within(truth.v1[:, :dims], simulation.labels)
    total1 = signal + (truth.noise_sd1[:dims] * factor) ** 2
    total2 = signal + (truth.noise_sd2[:dims] * factor) ** 2
    rho = signal / np.sqrt(total1 * total2)
    weight = np.sqrt(rho / (1 - rho**2))
    middle = np.median(np.concatenate([z1, z2]), axis=0)
    first = weight * _saturated((z1 - middle) / np.sqrt(total1))
    second = weight * _saturated((z2 - middle) / np.sqrt(total2))
    return first.astype(np.float32), second.astype(np.float32)


def _saturated(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return _BOUND * np.tanh(values / _BOUND)


def _within(values: NDArray[np.float64], labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """Variance of each column inside the conditions, pooled."""
    parts = [values[labels == label] for label in np.unique(labels)]
    centred = np.concatenate([part - part.mean(axis=0) for part in parts])
    return np.asarray((centred**2).sum(axis=0) / (len(values) - len(parts)))


ORACLES: dict[str, Callable[[Simulation], tuple[Latents, Latents]]] = {
    "oracle-latents": true_latents,
    "oracle-shared": shared_latents,
    "oracle-noisy-shared": noisy_shared_latents,
    "oracle-weighted-shared": weighted_shared_latents,
}


def oracle_latents(simulation: Simulation, name: str) -> tuple[Latents, Latents]:
    """Latents of both modalities under an oracle's name, one of `ORACLES`.

    Raises:
        UnknownNameError: no oracle of that name.
        ParameterError: the oracle needs shared dimensions and there are none.
    """
    if name not in ORACLES:
        raise UnknownNameError("oracle", name, ORACLES)
    return ORACLES[name](simulation)


def _shared_dims(simulation: Simulation) -> int:
    dims = simulation.truth.shared_dims
    if dims == 0:
        share = simulation.parameters.shared
        raise ParameterError(f"shared={share:g}: this oracle needs at least one shared dimension")
    return dims

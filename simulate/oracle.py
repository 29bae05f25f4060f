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

    It is what a perfect shared representation of the features would hold, since noise enters before
    the loadings. The noise's mean, a constant offset between the modalities, is taken out: it says
    nothing about cells, and a common space has none.

    Raises:
        ParameterError: the simulation has no shared dimension.
    """
    dims = _shared_dims(simulation)
    truth, p = simulation.truth, simulation.parameters
    z1 = truth.v1 + truth.noise1 - truth.noise_mean1 * p.scale / p.snr
    z2 = truth.v2 + truth.noise2 - truth.noise_mean2 * p.scale / p.snr
    return z1[:, :dims].astype(np.float32), z2[:, :dims].astype(np.float32)


ORACLES: dict[str, Callable[[Simulation], tuple[Latents, Latents]]] = {
    "oracle-latents": true_latents,
    "oracle-shared": shared_latents,
    "oracle-noisy-shared": noisy_shared_latents,
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

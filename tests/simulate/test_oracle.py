"""Laws of the oracles: what a ceiling holds, and what it leaves out."""

import numpy as np
import pytest

from aligners import get as aligner
from simulate import ORACLES, Parameters, oracle_latents, simulate
from weakpair.errors import ParameterError, UnknownNameError

P = Parameters(shared=0.8, cells_per_condition=200, features1=5, features2=5)


def test_true_latents_are_v() -> None:
    data = simulate(P, seed=1)
    z1, z2 = oracle_latents(data, "oracle-latents")
    np.testing.assert_allclose(z1, data.truth.v1, rtol=1e-6)
    np.testing.assert_allclose(z2, data.truth.v2, rtol=1e-6)


def test_shared_latents_are_the_same_in_both_modalities() -> None:
    z1, z2 = oracle_latents(simulate(P, seed=1), "oracle-shared")
    assert z1.shape == (2000, 8)
    np.testing.assert_array_equal(z1, z2)


def test_noisy_shared_latents_differ_by_centred_noise_alone() -> None:
    data = simulate(P, seed=1)
    t = data.truth
    z1, z2 = oracle_latents(data, "oracle-noisy-shared")
    for z, v, sd in ((z1, t.v1, t.noise_sd1), (z2, t.v2, t.noise_sd2)):
        noise = (z - v[:, :8]) / (sd[:8] * 0.5)
        assert np.all(np.abs(noise.mean(axis=0)) < 5 / np.sqrt(2000))
        np.testing.assert_allclose(noise.std(axis=0), 1, atol=5 / np.sqrt(2 * 2000))


@pytest.mark.parametrize("name", ["oracle-shared", "oracle-noisy-shared", "oracle-weighted-shared"])
def test_without_shared_dimensions_there_is_no_shared_oracle(name: str) -> None:
    data = simulate(Parameters(shared=0, cells_per_condition=2, features1=3, features2=3))
    with pytest.raises(ParameterError, match="shared=0"):
        oracle_latents(data, name)


def test_every_oracle_is_float32_and_an_unknown_one_is_named() -> None:
    data = simulate(P)
    assert {z.dtype for name in ORACLES for z in oracle_latents(data, name)} == {np.dtype("f4")}
    with pytest.raises(UnknownNameError, match="did you mean 'oracle-shared'"):
        oracle_latents(data, "oracle-share")


@pytest.mark.parametrize("shared", [0.8, 0.5])
def test_weighing_by_reliability_is_the_higher_ceiling(shared: float) -> None:
    """Noise differs by dimension, so that a cell is found by those that have less of it."""
    traces: dict[str, list[float]] = {"oracle-noisy-shared": [], "oracle-weighted-shared": []}
    for seed in (1, 2, 3):
        data = simulate(Parameters(shared=shared, cells_per_condition=30), seed=seed)
        for name, found in traces.items():
            z1, z2 = oracle_latents(data, name)
            plan = aligner("labeled-eot").align(z1, data.labels, z2, data.labels)
            cells = np.arange(len(z1))
            found.append(float(plan.row_normalised_entries(cells, cells).mean()))
    noisy, weighted = traces.values()
    assert all(w > n for w, n in zip(weighted, noisy, strict=True)), traces

"""Laws of the generative model (GROOVE, Appendix C): construction, moments, determinism."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import cache
from pickle import dumps

import numpy as np
import pyro
import pytest
import torch
from scipy import stats

from simulate import Parameters, Simulation, simulate
from weakpair.errors import ParameterError

SMALL = {"cells_per_condition": 6, "features1": 7, "features2": 4}
FRACTIONS = [1.0, 0.8, 0.5, 0.0]


@cache
def many_cells(shared: float = 0.5) -> Simulation:
    return simulate(
        Parameters(shared=shared, cells_per_condition=4000, features1=3, features2=3), seed=1
    )


@cache
def many_perturbations() -> Simulation:
    p = Parameters(shared=0.5, n_conditions=4001, cells_per_condition=1, features1=2, features2=2)
    return simulate(p, seed=2)


@cache
def many_latents() -> Simulation:
    p = Parameters(latent_dim=3000, cells_per_condition=1, features1=2, features2=2)
    return simulate(p, seed=3)


def follows(sample: object, law: object) -> bool:
    """Kolmogorov–Smirnov at a level that a correct simulator misses once in a thousand seeds."""
    return bool(stats.kstest(np.ravel(sample), law.cdf).pvalue > 1e-3)  # type: ignore[attr-defined, call-overload]


# --- construction -------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", FRACTIONS)
def test_latents_are_the_literal_sum_of_their_parts(shared: float) -> None:
    data = simulate(Parameters(shared=shared, **SMALL), seed=5)  # type: ignore[arg-type]
    p, t = data.parameters, data.truth
    d_s, d_u = p.shared_dims, p.specific_dims
    for v, u, effect, q in (
        (t.v1, t.u1, t.specific_effect1, t.specific_penetrance1),
        (t.v2, t.u2, t.specific_effect2, t.specific_penetrance2),
    ):
        for i in range(p.n_cells):
            expected = [*t.z[i], *u[i]]
            condition = i // 6
            if condition > 0 and d_s > 0:
                shift = t.shared_effect[condition - 1] * t.shared_penetrance[i]
                expected[(condition - 1) % d_s] += shift
            if condition > 0 and d_u > 0:
                expected[d_s + (condition - 1) % d_u] += effect[condition - 1] * q[i]
            np.testing.assert_allclose(v[i], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shared", FRACTIONS)
def test_features_are_the_literal_map_of_noisy_latents(shared: float) -> None:
    data = simulate(Parameters(shared=shared, **SMALL), seed=6)  # type: ignore[arg-type]
    t = data.truth
    for x, v, noise, a, b, s in (
        (data.x1, t.v1, t.noise1, t.a1, t.b1, t.s1),
        (data.x2, t.v2, t.noise2, t.a2, t.b2, t.s2),
    ):
        for i in range(len(x)):
            for k in range(x.shape[1]):
                dot = sum((v[i, j] + noise[i, j]) * a[j, k] for j in range(10))
                assert x[i, k] == pytest.approx((dot + b[k]) * s[k], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("shared", "d_s", "d_u"), [(1.0, 10, 0), (0.8, 8, 2), (0.0, 0, 10)])
def test_shapes_and_types(shared: float, d_s: int, d_u: int) -> None:
    data = simulate(Parameters(shared=shared, **SMALL))  # type: ignore[arg-type]
    t = data.truth
    assert (data.x1.shape, data.x2.shape) == ((60, 7), (60, 4))
    assert data.x1.dtype == data.x2.dtype == np.float32
    assert t.shared_dims == d_s
    assert (t.z.shape, t.u1.shape, t.v2.shape) == ((60, d_s), (60, d_u), (60, 10))
    assert (t.a1.shape, t.a2.shape, t.b2.shape, t.s1.shape) == ((10, 7), (10, 4), (4,), (7,))
    assert len(t.shared_effect) == len(t.shared_target) == (9 if d_s else 0)
    assert len(t.specific_effect1) == len(t.specific_target) == (9 if d_u else 0)
    assert len(t.specific_penetrance2) == (60 if d_u else 0)


def test_modalities_share_what_is_shared_and_nothing_else() -> None:
    t = many_cells().truth
    np.testing.assert_array_equal(t.v1[:, :5], t.v2[:, :5])
    for own1, own2 in (
        (t.u1, t.u2),
        (t.v1[:, 5:], t.v2[:, 5:]),
        (t.specific_penetrance1, t.specific_penetrance2),
        (t.noise1, t.noise2),
    ):
        assert not np.any(own1 == own2)
    correlation = np.corrcoef(t.specific_penetrance1, t.specific_penetrance2)[0, 1]
    assert abs(correlation) < 5 / np.sqrt(len(t.z))
    assert not np.array_equal(t.specific_effect1, t.specific_effect2)


def test_perturbations_cycle_through_the_dimensions() -> None:
    t = simulate(Parameters(shared=0.8, **SMALL)).truth  # type: ignore[arg-type]
    assert t.shared_target.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert t.specific_target.tolist() == [8, 9, 8, 9, 8, 9, 8, 9, 8]


def test_unequal_conditions_have_the_cells_asked_for() -> None:
    data = simulate(Parameters(n_conditions=3, cells_per_condition=(2, 5, 1), features1=3))
    assert data.labels.tolist() == ["control"] * 2 + ["perturbation-1"] * 5 + ["perturbation-2"]
    assert len(set(data.ids)) == 8
    moved = np.flatnonzero(np.any(data.truth.v1 != data.truth.z, axis=1))
    assert moved.tolist() == [2, 3, 4, 5, 6, 7]


# --- moments ------------------------------------------------------------------------------------


def test_unperturbed_latents_are_normal_with_the_scale() -> None:
    t = many_cells().truth
    for latents in (t.z, t.u1, t.u2):
        assert follows(latents, stats.norm(0, 0.1))


def test_penetrance_is_beta_with_mean_one_eleventh() -> None:
    t = many_cells().truth
    for q in (t.shared_penetrance, t.specific_penetrance1, t.specific_penetrance2):
        assert follows(q, stats.beta(1, 10))
        assert q.mean() == pytest.approx(1 / 11, abs=5 * stats.beta(1, 10).std() / len(q) ** 0.5)


def test_effects_are_gamma_cut_at_three_with_random_sign() -> None:
    t = many_perturbations().truth
    for effect in (t.shared_effect, t.specific_effect1, t.specific_effect2):
        magnitude = np.abs(effect)
        at_three, positive = np.mean(magnitude == 3), np.mean(effect > 0)
        assert magnitude.min() == 3
        assert at_three == pytest.approx(1 - np.exp(-3), abs=5 * np.sqrt(0.0475 / len(effect)))
        assert positive == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(len(effect)))
        assert follows(magnitude[magnitude > 3] - 3, stats.expon())


def test_noise_given_its_law_is_normal() -> None:
    t = many_cells().truth
    for noise, mean, sd in (
        (t.noise1, t.noise_mean1, t.noise_sd1),
        (t.noise2, t.noise_mean2, t.noise_sd2),
    ):
        factor = 0.1 / 0.2
        assert follows((noise - mean * factor) / (sd * factor), stats.norm())
        np.testing.assert_allclose(noise.std(axis=0), sd * factor, rtol=5 / np.sqrt(2 * 40000))


def test_noise_laws_vary_over_latent_dimensions() -> None:
    t = many_latents().truth
    for mean, sd in ((t.noise_mean1, t.noise_sd1), (t.noise_mean2, t.noise_sd2)):
        assert follows(mean, stats.norm())
        assert follows(np.log(sd), stats.norm(-3, 1))


def test_loadings_biases_and_scales_follow_their_laws() -> None:
    t = simulate(Parameters(cells_per_condition=1, features1=3000, features2=3000), seed=4).truth
    for a, b, s in ((t.a1, t.b1, t.s1), (t.a2, t.b2, t.s2)):
        assert follows(a, stats.norm())
        assert follows(b, stats.norm())
        assert follows(s, stats.gamma(1))


@pytest.mark.parametrize("shared", [1.0, 0.5])
def test_a_condition_is_shifted_by_effect_times_mean_penetrance(shared: float) -> None:
    data = many_cells(shared)
    t = data.truth
    tolerance = 5 * np.sqrt(0.01 + 25 * stats.beta(1, 10).var()) / np.sqrt(4000)
    assert np.all(np.abs(t.v1[data.labels == "control"].mean(axis=0)) < tolerance)
    for index, group in enumerate(data.parameters.groups[1:]):
        expected = np.zeros((2, 10))
        expected[:, t.shared_target[index]] += t.shared_effect[index] / 11
        if shared < 1:
            target = t.specific_target[index]
            expected[0, target] += t.specific_effect1[index] / 11
            expected[1, target] += t.specific_effect2[index] / 11
        cells = data.labels == group
        means = [t.v1[cells].mean(axis=0), t.v2[cells].mean(axis=0)]
        np.testing.assert_allclose(means, expected, atol=tolerance)


def test_every_constant_acts_on_what_it_names() -> None:
    p = Parameters(
        shared=0.5,
        n_conditions=401,
        cells_per_condition=10,
        features1=2000,
        features2=2,
        latent_dim=400,
        scale=2.0,
        snr=0.5,
        min_effect=0.5,
        effect_gamma=(3.0, 2.0),
        penetrance=(2.0, 2.0),
        loading_sd=0.3,
        bias_sd=4.0,
        feature_scale_gamma=(2.0, 4.0),
        noise_mean_sd=0.7,
        noise_log_sd=-1.0,
        noise_log_sd_spread=0.2,
    )
    t = simulate(p, seed=7).truth
    assert follows(t.u2[:, :100], stats.norm(0, 2))
    assert follows(t.shared_penetrance, stats.beta(2, 2))
    assert follows(t.a1[:50], stats.norm(0, 0.3))
    assert follows(t.b1, stats.norm(0, 4))
    assert follows(t.s1, stats.gamma(2, scale=1 / 4))
    assert follows(t.noise_mean1, stats.norm(0, 0.7))
    assert follows(np.log(t.noise_sd2), stats.norm(-1, 0.2))
    unit = (t.noise1 / (2.0 / 0.5) - t.noise_mean1) / t.noise_sd1
    assert follows(unit[:, :100], stats.norm())
    effects = np.abs(np.concatenate([t.shared_effect, t.specific_effect1, t.specific_effect2]))
    law = stats.gamma(3, scale=1 / 2)
    assert np.mean(effects == 0.5) == pytest.approx(law.cdf(0.5), abs=0.05)
    assert effects.max() > 2.5


# --- determinism --------------------------------------------------------------------------------


def same(a: Simulation, b: Simulation) -> bool:
    truths = (
        np.array_equal(getattr(a.truth, f.name), getattr(b.truth, f.name)) for f in fields(a.truth)
    )
    return np.array_equal(a.x1, b.x1) and np.array_equal(a.x2, b.x2) and all(truths)


def test_a_seed_means_one_data_set_whatever_happened_before() -> None:
    p = Parameters(shared=0.8, **SMALL)  # type: ignore[arg-type]
    first = simulate(p, seed=11)
    simulate(Parameters(shared=0.5, **SMALL), seed=12)  # type: ignore[arg-type]
    torch.manual_seed(99)
    assert same(first, simulate(p, seed=11))
    assert not same(first, simulate(p, seed=12))


def test_no_global_random_state_is_touched() -> None:
    def states() -> tuple[bytes, bytes, bytes]:
        numpy_state = np.random.get_state()  # noqa: NPY002
        return tuple(map(dumps, (torch.get_rng_state().tolist(), numpy_state, random.getstate())))  # type: ignore[return-value]

    before = states()
    simulate(Parameters(**SMALL), seed=3)  # type: ignore[arg-type]
    assert states() == before
    assert not list(pyro.get_param_store().keys())


def test_the_state_comes_back_after_an_error() -> None:
    state = torch.get_rng_state()
    with pytest.raises(AttributeError):
        simulate("not parameters", seed=3)  # type: ignore[arg-type]
    assert torch.equal(torch.get_rng_state(), state)


def test_threads_do_not_disturb_each_other() -> None:
    p = Parameters(shared=0.8, **SMALL)  # type: ignore[arg-type]
    alone = [simulate(p, seed=s) for s in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda s: simulate(p, seed=s), range(8)))
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))


def test_a_seeds_stream_is_not_the_one_torch_gives_that_seed() -> None:
    t = simulate(Parameters(**SMALL), seed=0).truth  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(0)
    naive = torch.randn(t.z.shape, generator=generator, dtype=torch.float64).numpy() * 0.1
    assert not np.allclose(t.z, naive)


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0"])
def test_a_wrong_seed_is_refused(seed: object) -> None:
    with pytest.raises(ParameterError, match="seed="):
        simulate(Parameters(**SMALL), seed=seed)  # type: ignore[arg-type]

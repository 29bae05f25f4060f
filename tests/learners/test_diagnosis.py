"""Laws of suspicion: fits that went wrong are named, ordinary ones are not."""

from typing import Any

import numpy as np
import pytest

import learners
from learners.base import FitReport
from learners.conformance.toys import toy
from learners.neural.diagnosis import (
    COLLAPSED,
    NOT_FINITE,
    ROSE,
    STALLED,
    WRONG_LATENTS,
    collapsed,
    suspicion,
)
from tests.learners.test_conformance import quick

# What a search found for hundreds of steps is too fast for the few of a quick fit.
CALM = {"isca": {"lr": 0.03}}
CLOUD = np.random.default_rng(0).normal(size=(40, 3))


def of(curve: Any, facts: Any = None, latents: Any = None) -> str:
    return suspicion(FitReport(curve, facts or {}), latents or [CLOUD, CLOUD])


@pytest.mark.parametrize("name", [name for name in learners.names() if name != "command"])
def test_an_ordinary_fit_is_not_suspected(name: str) -> None:
    entry, data = learners.REGISTRY.entry(name), toy()
    if entry.needs_pairing:
        pytest.skip("oracles are handed their latents")
    params = quick(name) | CALM.get(name, {})
    fitted = entry.make(**params).fit(data.x1, data.t1, data.x2, data.t2, seed=1)
    latents = [fitted.transform(data.x1, 1), fitted.transform(data.x2, 2)]
    expected = COLLAPSED if name == "constant" else ""
    assert suspicion(fitted.report_, latents, fitted.loss_weights) == expected


@pytest.mark.parametrize("name", ["groove-cosine", "ps", "ipic", "xdc", "factorcl-ssl"])
def test_an_ordinary_long_fit_is_not_suspected(name: str) -> None:
    data, params = toy(), quick(name) | {"epochs": 12, "lr": 1e-3}
    fitted = learners.get(name, **params).fit(data.x1, data.t1, data.x2, data.t2, seed=1)
    latents = [fitted.transform(data.x1, 1), fitted.transform(data.x2, 2)]
    assert suspicion(fitted.report_, latents, fitted.loss_weights) == ""


def test_groove_on_features_of_wild_scales_is_suspected() -> None:
    """Unscaled topics up to 1e5, of which its loss can make nothing."""
    data, rng = toy(), np.random.default_rng(0)
    wild = (data.x2 * np.exp(rng.normal(6, 3, data.x2.shape[1]))).astype(np.float32)
    fitted = learners.get("groove-cosine", standardise=False, epochs=6, lr=3e-3).fit(
        data.x1, data.t1, wild, data.t2, seed=0
    )
    first, last = (sum(v[i] for v in fitted.report_.curve.values()) for i in (0, -1))
    latents = [fitted.transform(data.x1, 1), fitted.transform(wild, 2)]
    assert last > first
    assert suspicion(fitted.report_, latents).startswith(ROSE)


def test_the_sum_of_the_losses_counts_and_no_opponent() -> None:
    assert of({"a": (5.0, 1.0), "b": (1.0, 2.0)}) == ""
    assert of({"a": (5.0, 4.5), "b": (1.0, 4.0)}) == ROSE
    assert of({"a": (5.0, 1.0), "discriminator": (0.1, 50.0), "my_adversary": (1.0, 50.0)}) == ""
    assert of({"a": (5.0, 1.0), "accuracy": (0.1, 0.9), "held_out": (1.0, 9.0)}) == ""
    assert of({"negative": (-5.0, -6.0)}) == of({"negative": (-5.0, -4.97)}) == ""
    assert of({"negative": (-5.0, -3.0)}) == ROSE


def test_losses_count_by_their_weights() -> None:
    report = FitReport({"large": (100.0, 150.0), "small": (5.0, 1.0)})
    assert suspicion(report, [CLOUD, CLOUD]) == ROSE
    assert suspicion(report, [CLOUD, CLOUD], {"large": 0.01}) == ""
    assert learners.get("groove-cosine", beta=7.0).loss_weights["reconstruction"] == 7.0


def test_a_loss_that_jumps_as_far_as_it_falls_has_learned_nothing() -> None:
    """Losses of GROOVE on raw counts and on raw topics of chromatin, in units of 1e4 and 1e8."""
    counts = (7.863, 10.45, 8.029, 6.403, 5.571, 7.017, 7.472, 4.357, 5.848, 6.369)
    topics = (5.795, 6.407, 5.646, 6.217, 5.812, 5.612, 5.542, 5.673, 7.033, 5.266)
    assert of({"reconstruction": counts}) == STALLED
    assert of({"reconstruction": topics}) == ROSE


def test_a_plateau_after_a_fall_is_no_stall() -> None:
    rng = np.random.default_rng(0)
    curve = np.concatenate([np.linspace(5.0, 4.0, 8), 4.0 + 0.03 * rng.normal(size=60)])
    assert of({"a": tuple(curve)}) == ""
    assert of({"a": tuple(1e9 + curve)}) == ""


def test_chance_between_epochs_is_no_rise() -> None:
    assert of({"a": (5.0, 5.04)}) == ""
    assert of({"a": (5.0,)}) == ""


def test_with_early_stopping_the_epoch_that_was_kept_counts() -> None:
    curve = {"a": (5.0, 3.0, 2.0, 9.0)}
    assert of(curve) == ROSE
    assert of(curve, {"best_epoch": 3.0}) == ""


def test_numbers_that_are_none() -> None:
    assert of({"a": (1.0, np.nan)}) == of({"discriminator": (np.inf, 1.0)}) == NOT_FINITE
    broken = CLOUD.copy()
    broken[3, 1] = np.inf
    assert of({}, latents=[CLOUD, broken]) == WRONG_LATENTS


@pytest.mark.parametrize(
    "curve", [{"a": "b"}, {"a": ()}, {"a": [[1.0]]}, {"a": (1.0,), "b": (1, 2)}]
)
def test_curves_of_another_form_are_let_be(curve: Any) -> None:
    assert of(curve) == ""


@pytest.mark.parametrize("where", [0.0, 1.0, 1e6, 1e-30, 1e200])
@pytest.mark.parametrize("factor", [1.0, 1e-30, 1e30])
def test_latents_that_are_one_have_collapsed_wherever_they_lie(where: float, factor: float) -> None:
    one = np.full((40, 3), where) * factor
    assert collapsed(one)
    assert not collapsed(one + CLOUD * max(where * factor, factor))
    far = one.copy()
    far[7] += 1e10 * max(where, 1.0) * factor
    assert collapsed(far)


def test_a_line_and_two_groups_are_no_collapse() -> None:
    assert not collapsed(np.outer(np.arange(10.0), np.ones(3)))
    assert not collapsed(np.repeat([[0.0], [1.0]], (30, 10), axis=0))


def test_both_reasons_are_told() -> None:
    assert of({"a": (1.0, 9.0)}, latents=[np.ones((9, 2)), CLOUD]) == f"{ROSE}; {COLLAPSED}"

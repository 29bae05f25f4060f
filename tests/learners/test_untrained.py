"""The controls of networks: the same networks before their first step."""

from typing import Any

import numpy as np
import pytest
import torch

import learners
import simulate as simulation
from aligners import get as aligner
from benchmark.metrics import score_matching
from learners.calibrated import calibrated
from learners.conformance.toys import toy
from learners.neural.learner import NeuralLearner
from tests.learners.simulation import held_out
from weakpair.errors import ParameterError

DATA = toy()
SMALL: dict[str, Any] = {"dim": 4, "hidden": 8, "batch_size": 12}
TWINS = {"untrained": "ipic", "untrained-autoencoder": "groove-cosine"}


def neural(name: str, **params: Any) -> NeuralLearner:
    learner = learners.get(name, **SMALL, **params)
    assert isinstance(learner, NeuralLearner)
    return learner


def fitted(name: str, seed: int = 3, **params: Any) -> NeuralLearner:
    return neural(name, **params).fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, seed=seed)


@pytest.mark.parametrize("name", TWINS)
def test_weights_are_those_that_the_trained_network_starts_from(name: str) -> None:
    twin = neural(TWINS[name])
    twin.start(DATA.x1, DATA.t1, DATA.x2, DATA.t2, seed=3)
    start = dict(twin.network_.named_parameters())
    weights = dict(fitted(name).network_.named_parameters())
    assert set(weights) <= set(start)
    assert len(weights) > 8
    assert all(torch.equal(value, start[key]) for key, value in weights.items())


@pytest.mark.parametrize("name", TWINS)
def test_batch_norm_has_the_moments_of_all_training_rows(name: str) -> None:
    learner = fitted(name)
    network = learner.network_
    first: torch.nn.Module = network.get_submodule("encoders.0")
    x = (DATA.x1 - DATA.x1.mean(0)) / DATA.x1.std(0) if learner.standardise else DATA.x1
    with torch.no_grad():
        h = first.get_submodule("0")(torch.from_numpy(x))
    norm = first.get_submodule("1")
    assert isinstance(norm, torch.nn.BatchNorm1d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    torch.testing.assert_close(norm.running_mean, h.mean(0), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.running_var, h.var(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("output", ["head", "encoder"])
@pytest.mark.parametrize("architecture", ["shared", "paper"])
def test_latents_are_a_function_of_the_cell_and_the_seed(output: str, architecture: str) -> None:
    one = fitted("untrained", output=output, architecture=architecture)
    z = one.transform(DATA.x1, 1)
    assert np.array_equal(z, one.transform(DATA.x1, 1))
    np.testing.assert_allclose(one.transform(DATA.x1[::-1], 1)[::-1], z, rtol=1e-4, atol=1e-5)
    assert np.linalg.matrix_rank(z - z.mean(0)) > 1
    other = fitted("untrained", seed=4, output=output, architecture=architecture)
    assert not np.allclose(z, other.transform(DATA.x1, 1))


@pytest.mark.parametrize("name", TWINS)
def test_neither_labels_nor_settings_of_the_training_count(name: str) -> None:
    z = fitted(name).transform(DATA.x1, 1)
    relabelled = neural(name, epochs=1, lr=0.5)
    names1, names2 = np.unique(DATA.t1), np.unique(DATA.t2)
    t1, t2 = np.resize(names1, len(DATA.t1)), np.resize(names2, len(DATA.t2))
    relabelled.fit(DATA.x1, t1, DATA.x2, t2, seed=3)
    assert np.array_equal(z, relabelled.transform(DATA.x1, 1))


def test_one_cell_has_no_moments() -> None:
    one = toy((1,), (1,))
    with pytest.raises(ParameterError, match="at least two cells of each modality"):
        neural("untrained").fit(one.x1, one.t1, one.x2, one.t2)


@pytest.mark.slow
@pytest.mark.parametrize("cells", ["same", "disjoint"])
@pytest.mark.parametrize("name", ["groove-cosine", "groove-tdist", "ps", "davae", "ipic"])
def test_with_the_shipped_settings_a_learner_beats_networks_without_training(
    name: str, cells: str
) -> None:
    """Pages say that training matters for matching: on a simulation of no table it does."""
    params = {} if cells == "same" else calibrated(name, "disjoint")
    trace = {
        one: _trace(learners.get(one, **given), cells)
        for one, given in ((name, params), ("untrained-autoencoder", {}))
    }
    assert trace[name] > 1.5 * trace["untrained-autoencoder"]


def _trace(learner: Any, cells: str) -> float:
    drawn = simulation.simulate(simulation.Parameters(shared=0.8), seed=107)
    t = np.asarray(drawn.labels)
    test = held_out(t, 0)
    one = two = np.flatnonzero(~test)
    if cells == "disjoint":
        one, two = one[::2], two[1::2]
    learner.fit(drawn.x1[one], t[one], drawn.x2[two[::-1]], t[two[::-1]], seed=0)
    z1, z2 = learner.transform(drawn.x1[test], 1), learner.transform(drawn.x2[test], 2)
    rows = np.arange(len(z1))
    plan = aligner("labeled-eot").align(z1, t[test], z2, t[test])
    scores = score_matching(plan, z1, z2, (rows, rows))
    return next(score.value for score in scores if score.metric == "trace")

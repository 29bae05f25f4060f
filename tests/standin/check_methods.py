"""Every method computes on another device what it computes on the CPU, and rarely waits for it."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import aligners
import learners
from aligners.plan.plan import Plan
from benchmark.imputation import ImputerSpec
from benchmark.imputation.network import fit_networks
from benchmark.metrics import score_matching
from learners.conformance.toys import toy
from learners.neural.together import member, train_together
from tests.benchmark.imputation.test_networks import SEEDS, trainings
from tests.learners.test_together import RECIPES, data, make
from tests.standin.device import fetched, needs_standin, standin
from weakpair.registry import Entry

pytestmark = needs_standin

DATA = toy((9, 8, 7), (8, 7, 9))
SMALL: dict[str, Any] = {"dim": 4, "hidden": 8, "batch_size": 12, "epochs": 2}
SMALL |= {"steps": 6, "trees": 5}
# They ask for a program, or for the truth of a simulation.
ASKING = {"command", "oracle-latents", "oracle-shared", "oracle-noisy-shared"}
ASKING |= {"oracle-weighted-shared"}
LEARNERS = [entry for entry in learners.REGISTRY if entry.name not in ASKING]
ALIGNERS = [entry for entry in aligners.REGISTRY if entry.name not in ASKING]

WAITING = {
    "ipic": "k-means of every mini-batch ends when no cluster changes",
    "wcl": "components of a graph are found by SciPy, on the host",
}
"""Learners that wait for the device in every step, and why."""


def learned(
    entry: Entry[Any], device: str, **changes: Any
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Latents of both modalities from a short fit."""
    known = entry.make().get_params()
    given = {name: value for name, value in (SMALL | changes).items() if name in known}
    pairs = {"pairs": DATA.pairs()} if entry.needs_pairing else {}
    learner = entry.make(**given)
    learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, seed=3, device=device, **pairs)
    return learner.transform(DATA.x1, 1), learner.transform(DATA.x2, 2)


@pytest.mark.parametrize("entry", LEARNERS, ids=lambda entry: entry.name)
def test_a_learner_finds_the_same_latents(entry: Entry[Any]) -> None:
    with standin():
        there = learned(entry, "standin")
    for one, other in zip(there, learned(entry, "cpu"), strict=True):
        np.testing.assert_array_equal(one, other)


MORE_STEPS = 4  # two epochs of 24 cells, in batches of 6 instead of 12
NEURAL = [entry for entry in LEARNERS if "batch_size" in entry.make().get_params()]


def waits(entry: Entry[Any], batch_size: int) -> int:
    with standin() as transfers:
        learned(entry, "standin", batch_size=batch_size, early_stopping=None)
    return fetched(transfers)


@pytest.mark.parametrize("entry", NEURAL, ids=lambda entry: entry.name)
def test_no_step_waits_for_the_device(entry: Entry[Any]) -> None:
    """Twice as many steps in as many epochs, and the host waits no more often: not once a step.

    Between epochs some cluster, which takes as many sweeps as it takes.
    """
    more = waits(entry, 6) - waits(entry, 12)
    assert (more >= MORE_STEPS) == (entry.name in WAITING), more


def plan(entry: Entry[Any], device: str) -> Plan:
    known = entry.make().get_params()
    latents = [np.asarray(z[:, :4], dtype=np.float32) for z in (DATA.x1, DATA.x2)]
    pairs = {"pairs": DATA.pairs()} if entry.needs_pairing else {}
    aligner = entry.make(
        **({"k": 6} if entry.name in ("scot", "per-label-scot") and "k" in known else {})
    )
    found: Plan = aligner.align(latents[0], DATA.t1, latents[1], DATA.t2, device=device, **pairs)
    return found


def everything(found: Plan) -> list[NDArray[Any]]:
    """Arrays of all kinds that others ask of a plan."""
    found.validate()
    scores = score_matching(found, DATA.x1, DATA.x2, DATA.pairs())
    return [
        found.todense(),
        found @ DATA.x2,
        found.T @ DATA.x1,
        found.barycentric(DATA.x2),
        found.sampler(0).draw(),
        np.array([score.value for score in scores]),
    ]


@pytest.mark.parametrize("entry", ALIGNERS, ids=lambda entry: entry.name)
def test_an_aligner_finds_the_same_plan(entry: Entry[Any]) -> None:
    with standin():
        there = everything(plan(entry, "standin"))
    for one, other in zip(there, everything(plan(entry, "cpu")), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("entry", ALIGNERS, ids=lambda entry: entry.name)
def test_an_aligner_waits_a_few_times_an_iteration(entry: Entry[Any]) -> None:
    """Newton's steps and line searches look at one number each, Sinkhorn's at one in several."""
    with standin() as transfers:
        found = plan(entry, "standin")
    assert fetched(transfers) <= 5 * max(1, found.status.iterations)


def test_imputers_trained_together_predict_the_same_and_no_step_waits() -> None:
    sets = trainings(2)
    x, waited = sets[0].source, []
    for batch_size in (16, 8):
        spec = ImputerSpec(hidden=8, epochs=3, batch_size=batch_size)
        with standin() as transfers:
            nets = fit_networks(spec, sets, seeds=SEEDS[:2], device="standin")
            waited.append(fetched(transfers))
            there = [net.predict(x, None) for net in nets]
        here = [
            net.predict(x, None) for net in fit_networks(spec, sets, seeds=SEEDS[:2], device="cpu")
        ]
        np.testing.assert_array_equal(there, here)
    assert waited[0] == waited[1]


def together(name: str, params: dict[str, Any], device: str) -> list[NDArray[np.float32]]:
    """Latents of two learners that are trained as one batch, on cells of their own."""
    members = []
    for seed in SEEDS[:2]:
        learner, cells = make(name, params), data(seed)
        members.append(member(learner, learner.start(*cells, seed=seed, device=device)))
    assert train_together(members, torch.device(device)) == [True, True]
    return [one.learner.transform(data(0)[0], 1) for one in members]


@pytest.mark.parametrize(("name", "params"), RECIPES)
def test_learners_trained_together_find_the_same_latents(name: str, params: dict[str, Any]) -> None:
    short = {**params, "epochs": 2}
    with standin():
        there = together(name, short, "standin")
    for one, other in zip(there, together(name, short, "cpu"), strict=True):
        np.testing.assert_array_equal(one, other)

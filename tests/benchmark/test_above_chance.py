"""Every method and baseline beats label-uniform where it has to, and does not where it must not.

Toys of 12 perturbations: each shifts a latent of four dimensions that both modalities show, or
shifts one of each modality's own: then nothing of a cell is shared but its perturbation.
"""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import aligners
import learners
from aligners.plan.plan import Plan
from benchmark.metrics import MatchingCase
from benchmark.metrics.scoring import score
from weakpair.registry import RANKED_ROLES
from weakpair.vocabulary.metrics import METRICS

LABELS, TRAIN, TEST, DIM = 12, 30, 15, 4
CHANCE = 1 / TEST
"""Trace of label-uniform."""
ABOVE = 1.4
"""Times chance that count as better: on the toy without sharing nobody reaches 1.3 times."""

NEED_NOT = {
    "none": "has no map, and these modalities have different features",
    "raw": "has no map, and these modalities have different features",
    "pca": "maps each modality by itself",
    "random-projection": "maps each modality by itself",
    "xdc": "two spaces that mean different things: each modality classifies the other's clusters",
    "factorcl-ssl": "two spaces, and of random pairs all that is shared is the perturbation",
    "groove-autoencoder": "an ablation: no loss says where the modalities meet",
}
# Programs are somebody's own.
RANKED_LEARNERS = [
    entry.name
    for entry in learners.REGISTRY
    if entry.role in RANKED_ROLES and entry.name != "command"
]
RANKED_ALIGNERS = [
    entry.name
    for entry in aligners.REGISTRY
    if entry.role in RANKED_ROLES and entry.name != "command"
]


class Cells(NamedTuple):
    """Latents of both modalities and labels, in the order of cells."""

    z1: NDArray[np.float64]
    z2: NDArray[np.float64]
    labels: NDArray[np.str_]


def cells(count: int, rng: np.random.Generator, *, shared: bool) -> Cells:
    codes = np.repeat(np.arange(LABELS), count)
    shift = 2 * rng.normal(size=(LABELS, DIM))[codes]
    first = rng.normal(size=(len(codes), DIM))
    second = first if shared else rng.normal(size=first.shape)
    return Cells(shift + first, shift + second, np.array([f"p{code:02}" for code in codes]))


def trace(plan: Plan, x1: NDArray[np.float32], x2: NDArray[np.float32], order: "Order") -> float:
    _, i, j = np.intersect1d(*order, return_indices=True)
    return score(METRICS.entry("trace"), MatchingCase.of(plan, x1, x2, (i, j))).value


Order = tuple[NDArray[np.int64], NDArray[np.int64]]


def learned(name: str, *, shared: bool) -> float:
    """Trace of a learner with labeled-eot on test cells."""
    rng = np.random.default_rng(0)
    toy = cells(TRAIN + TEST, rng, shared=shared)
    x1, x2 = (
        (z @ rng.normal(size=(DIM, width)) + 0.1 * rng.normal(size=(len(z), width))).astype("f4")
        for z, width in ((toy.z1, 20), (toy.z2, 15))
    )
    tests = np.tile(np.arange(TRAIN + TEST) >= TRAIN, LABELS)
    a, b = (rng.permutation(np.flatnonzero(~tests)) for _ in range(2))
    c, d = (rng.permutation(np.flatnonzero(tests)) for _ in range(2))
    learner = learners.get(name).fit(x1[a], toy.labels[a], x2[b], toy.labels[b], seed=0)
    z1, z2 = learner.transform(x1[c], 1), learner.transform(x2[d], 2)
    plan = aligners.get("labeled-eot").align(z1, toy.labels[c], z2, toy.labels[d])
    return trace(plan, x1[c], x2[d], (c, d))


def aligned(name: str, *, shared: bool) -> float:
    """Trace of an aligner on the true latents."""
    rng = np.random.default_rng(0)
    toy = cells(TEST, rng, shared=shared)
    c, d = (rng.permutation(len(toy.labels)) for _ in range(2))
    z1, z2 = (
        (z + 0.02 * rng.normal(size=z.shape)).astype("f4")[rows]
        for z, rows in ((toy.z1, c), (toy.z2, d))
    )
    # Its default of 30 neighbours is all cells of these labels, which tells none from another.
    params = {"k": 5} if name == "snn" else {}
    plan = aligners.get(name, **params).align(z1, toy.labels[c], z2, toy.labels[d])
    return trace(plan, z1, z2, (c, d))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RANKED_LEARNERS if name not in NEED_NOT])
def test_a_learner_matches_where_the_latent_is_shared(name: str) -> None:
    assert learned(name, shared=True) > ABOVE * CHANCE


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name in RANKED_LEARNERS if name not in ("none", "raw", "groove-autoencoder")]
)
def test_no_learner_matches_where_nothing_is_shared(name: str) -> None:
    assert learned(name, shared=False) < ABOVE * CHANCE


@pytest.mark.parametrize("name", RANKED_ALIGNERS)
def test_an_aligner_matches_where_the_latents_are_one(name: str) -> None:
    """One that ignores labels is held to chance over all cells."""
    chance = CHANCE if aligners.REGISTRY.entry(name).needs_labels else CHANCE / LABELS
    assert aligned(name, shared=True) > ABOVE * chance


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name == "lowrank-ot" else name
        for name in RANKED_ALIGNERS
    ],
)
def test_no_aligner_matches_where_nothing_is_shared(name: str) -> None:
    assert aligned(name, shared=False) < ABOVE * CHANCE

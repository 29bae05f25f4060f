"""Laws of learners trained together: each is what it is alone, and none harms another."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.utils._python_dispatch import TorchDispatchMode

import learners
from learners.base import Learner
from learners.neural.groove import GROOVE
from learners.neural.learner import NeuralLearner, Start
from learners.neural.phases import PhasedObjective
from learners.neural.together import Member, can_join, member, train_together
from learners.neural.training import train

CPU = torch.device("cpu")
SEEDS = (3, 1, 4)
Data = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
# Few steps: differences of rounding grow with each.
SHORT: dict[str, Any] = {"epochs": 10, "lr": 1e-3}
GROOVES: dict[str, Any] = {**SHORT, "dim": 4, "beta": 1.0}
RECIPES: list[tuple[str, dict[str, Any]]] = [
    ("groove-cosine", GROOVES),
    ("groove-tdist", {**GROOVES, "standardise": True, "reduction": "sum"}),
    ("groove-no-groupclip", {**GROOVES, "epochs": 3}),
    ("groove-autoencoder", GROOVES),
    ("ps", {**SHORT, "hidden": 8, "batch_size": 32}),
]


def data(seed: int, more: int = 0) -> Data:
    """Cells of three labels, 75 with 12 features and 81 with 9; `more` of the first label."""
    rng = np.random.default_rng(seed)
    t1 = np.repeat(list("abc"), [20 + more, 25, 30])
    t2 = np.repeat(list("abc"), [22, 19, 40])
    x1, x2 = rng.normal(size=(75 + more, 12)), rng.normal(size=(81, 9))
    return x1.astype(np.float32), t1, x2.astype(np.float32), t2


def make(name: str, params: dict[str, Any]) -> NeuralLearner:
    learner = learners.get(name, **params)
    assert can_join(learner)
    return learner


def start(learner: NeuralLearner, cells: Data, seed: int) -> Start:
    """Before the first step, in float64."""
    begun = learner.start(*cells, seed=seed)
    begun.objective.network.double()
    wide = replace(begun.data, x1=begun.data.x1.astype(float), x2=begun.data.x2.astype(float))
    return replace(begun, data=wide)


def latents(learner: NeuralLearner, cells: Data) -> NDArray[Any]:
    """Of both modalities, in the network's own precision."""
    dtype = next(learner.network_.parameters()).dtype
    x1, x2 = (torch.from_numpy(x).to(dtype) for x in (cells[0], cells[2]))
    with torch.no_grad():
        z = [learner.network_.embed(x1, 1), learner.network_.embed(x2, 2)]
    return torch.cat(z).numpy()


@pytest.mark.parametrize(("name", "params"), RECIPES)
def test_in_float64_each_is_what_it_is_alone(name: str, params: dict[str, Any]) -> None:
    """To 1e-6 of the latents' scale, with other cells and another seed for each."""
    sets = [data(seed) for seed in range(3)]
    members, alone = [], []
    for cells, seed in zip(sets, SEEDS, strict=True):
        learner, one = make(name, params), make(name, params)
        begun = start(one, cells, seed)
        one.report_ = train(
            begun.objective, begun.data, one.batches, begun.schedule, begun.rng, CPU
        )
        alone.append(one)
        members.append(member(learner, start(learner, cells, seed)))
    assert train_together(members, CPU) == [True] * 3
    for cells, one, together in zip(sets, alone, members, strict=True):
        expected = latents(one, cells)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(
            latents(together.learner, cells), expected, rtol=0, atol=1e-6 * scale
        )
        assert not together.learner.network_.training
        report, known = together.learner.report_, one.report_
        assert (report.facts, list(report.curve)) == (known.facts, list(known.curve))
        for loss, values in known.curve.items():
            np.testing.assert_allclose(report.curve[loss], values, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "params"), [*RECIPES[:-1], pytest.param(*RECIPES[-1], marks=pytest.mark.slow)]
)
def test_in_float32_they_differ_as_fits_to_features_that_differ_in_the_last_bit(
    name: str, params: dict[str, Any]
) -> None:
    """Adam's first steps make of rounding whole steps of biases that batch norm cancels."""
    cells = data(0)
    up = np.float32(np.inf)
    nudged = (np.nextafter(cells[0], up), cells[1], np.nextafter(cells[2], up), cells[3])
    members = together(name, params, [cells] * 3)
    apart, rounding = [], []
    for one, seed in zip(members, SEEDS, strict=True):
        expected = latents(make(name, params).fit(*cells, seed=seed), cells)
        scale = np.abs(expected).max()
        apart.append(np.abs(latents(one.learner, cells) - expected).max() / scale)
        other = latents(make(name, params).fit(*nudged, seed=seed), cells)
        rounding.append(np.abs(other - expected).max() / scale)
    assert max(apart) < 3 * max(rounding) < 0.5


def together(name: str, params: dict[str, Any], sets: Sequence[Data]) -> list[Member]:
    members = []
    for cells, seed in zip(sets, SEEDS, strict=True):
        learner = make(name, params)
        members.append(member(learner, learner.start(*cells, seed=seed)))
    assert train_together(members, CPU) == [True] * len(members)
    return members


@pytest.mark.slow
def test_groups_of_differing_size_go_together_as_long_as_their_batches_do() -> None:
    params = {"dim": 4, "batch_size": 30, "steps": 20}
    sets = [data(0), data(1, more=8), data(2, more=12)]
    members = together("groove-cosine", params, sets)
    assert len({one.shape for one in members}) == 1
    learner = make("ps", {"batch_size": 32})
    shapes = {member(learner, learner.start(*cells)).shape for cells in sets}
    assert len(shapes) == 3


@pytest.mark.slow
def test_one_that_diverges_is_named_and_harms_no_other() -> None:
    params = {"dim": 4, "steps": 20}
    healthy = together("groove-cosine", params, [data(s) for s in range(3)])
    members = []
    for index, seed in enumerate(SEEDS):
        learner = make("groove-cosine", params)
        members.append(member(learner, learner.start(*data(index), seed=seed)))
    with torch.no_grad():
        next(members[1].objective.network.parameters()).fill_(torch.nan)
    assert train_together(members, CPU) == [True, False, True]
    for index in (0, 2):
        found, expected = (latents(m[index].learner, data(index)) for m in (members, healthy))
        np.testing.assert_array_equal(found, expected)
    assert members[1].learner.report_.curve == {}


def test_global_random_state_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    together("groove-cosine", {"dim": 4, "epochs": 1}, [data(s) for s in range(3)])
    assert torch.equal(before, torch.random.get_rng_state())


class Fitting(GROOVE):
    """Does more than training when it is fitted."""

    def fit(self, *args: Any, **options: Any) -> "Fitting":
        return self


def test_others_are_trained_alone() -> None:
    assert can_join(GROOVE())
    for learner in (GROOVE(early_stopping=3), Fitting(), *map(learners.get, ("pca", "davae"))):
        assert not can_join(learner)


def test_learners_said_to_be_made_of_phases_are() -> None:
    cells = data(0)
    for name in learners.REGISTRY.names():
        learner: Learner = learners.REGISTRY.entry(name).make()
        if isinstance(learner, NeuralLearner):
            objective = learner.start(*cells).objective
            assert isinstance(objective, PhasedObjective) == learner.phased


class Waits(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts how often the host asks for a number, or for rows to be put on the device."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += func.overloadpacket.__name__ in ("_local_scalar_dense", "_to_copy")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("name", "losses"), [("groove-cosine", 3), ("ps", 2), ("davae", 4)])
def test_training_waits_for_numbers_once_per_epoch_and_loss(name: str, losses: int) -> None:
    """However many mini-batches there are."""
    for batch_size in (12, 60):
        learner = learners.get(name, epochs=2, batch_size=batch_size)
        with Waits() as waits:
            learner.fit(*data(0))
        assert waits.count == 2 * losses

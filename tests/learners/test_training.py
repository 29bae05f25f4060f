"""The training loop: seeds, early stopping, learning curves, devices and clean errors."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from learners import get
from learners.base import Learner
from learners.conformance.toys import Toy, toy
from learners.inputs import Training, check_training
from learners.neural.batches import PlainBatches
from learners.neural.learner import torch_device
from learners.neural.ps import PropensityScore
from learners.neural.training import Batch, Objective, Schedule, hold_out, train
from weakpair.errors import MethodError, ParameterError

DATA = toy()
CPU = torch.device("cpu")
NEURAL = ["groove-cosine", "groove-autoencoder", "ps", "davae"]


def training(data: Toy = DATA) -> Training:
    return check_training(data.x1, data.t1, data.x2, data.t2)


class Scripted(Objective):
    """Counts its steps; the held-out criterion follows a script, one value per epoch."""

    def __init__(self, script: list[float], loss: float = 1.0) -> None:
        self.network, self.steps = nn.Module(), torch.zeros(1)
        self.network.register_buffer("steps", self.steps)
        self.script, self.loss, self.epoch = script, loss, 0

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        assert self.network.training
        self.steps.add_(1)
        return {"loss": torch.tensor(self.loss)}

    def criterion(self, batch: Batch) -> Tensor:
        assert not self.network.training
        self.epoch += 1
        return torch.tensor(self.script[self.epoch - 1])


def run(objective: Objective, schedule: Schedule) -> Mapping[str, tuple[float, ...]]:
    rng = np.random.default_rng(0)
    report = train(objective, training(), PlainBatches, schedule, rng, CPU)
    return {**report.curve, "best": (float(report.facts.get("best_epoch", -1)),)}


def test_patience_ends_training_and_the_best_epoch_is_restored() -> None:
    objective = Scripted([3.0, 2.0, 2.5, 2.0, 1.0])
    curve = run(
        objective, Schedule(epochs=10, batch_size=100, early_stopping=2, validation_share=0.2)
    )
    assert curve["held_out"] == (3.0, 2.0, 2.5, 2.0)
    assert curve["best"] == (2.0,)
    assert float(objective.steps) == 2.0
    assert not objective.network.training


def test_without_early_stopping_all_epochs_run_on_all_cells() -> None:
    objective = Scripted([])
    curve = run(objective, Schedule(epochs=3, batch_size=100))
    assert curve == {"loss": (1.0, 1.0, 1.0), "best": (-1.0,)}
    assert float(objective.steps) == 3.0


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_budget_of_steps_is_kept_to_the_step(steps: int) -> None:
    """It is cut inside an epoch, of which this one has two mini-batches."""
    objective = Scripted([])
    rows = max(len(DATA.x1), len(DATA.x2))
    curve = run(objective, Schedule(steps=steps, batch_size=rows // 2 + 1))
    assert float(objective.steps) == steps
    assert len(curve["loss"]) == -(-steps // 2)


def test_half_the_cells_take_as_many_steps() -> None:
    learner = PropensityScore(steps=6, epochs=None, batch_size=8)
    for cells in (16, 32):
        data = toy((cells,) * 3, (cells,) * 3)
        start = learner.start(data.x1, data.t1, data.x2, data.t2)
        sampler = learner.batches(start.data.codes1, start.data.codes2, start.schedule.batch_size)
        assert sum(start.schedule.lengths(sampler.steps)) == 6


def test_divergence_is_named() -> None:
    with pytest.raises(MethodError, match="'loss' is nan in epoch 1"):
        run(Scripted([], loss=float("nan")), Schedule(epochs=3, batch_size=100))


def test_held_out_cells_are_a_share_of_each_label() -> None:
    data = training(toy((20, 10, 4), (10, 30, 30)))
    parts = hold_out(data, 0.2, np.random.default_rng(0))
    for codes, train_rows, held, counts in (
        (data.codes1, parts.train[0], parts.held_out[0], [4, 2, 0]),
        (data.codes2, parts.train[1], parts.held_out[1], [2, 6, 0]),
    ):
        assert sorted(np.concatenate([train_rows, held])) == list(range(len(codes)))
        assert np.bincount(codes[held], minlength=3).tolist() == counts


def test_too_few_cells_to_hold_out_is_an_error() -> None:
    with pytest.raises(ParameterError, match="larger validation_share"):
        hold_out(training(), 0.01, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 1}, "batch_size is 1"),
        ({"lr": 0.0}, "lr is 0.0; it must be a number above 0"),
        ({"early_stopping": 0}, "early_stopping is 0"),
        ({"validation_share": 1.0}, "validation_share is 1.0; it must be between 0 and 1"),
        ({"hidden": 0}, "hidden is 0"),
    ],
)
@pytest.mark.parametrize("name", ["groove-cosine", "ps", "davae"])
def test_wrong_parameters_are_named(name: str, params: dict[str, float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        fit(get(name, **params))


def fit(learner: Learner, data: Toy = DATA, seed: int = 0) -> Learner:
    return learner.fit(data.x1, data.t1, data.x2, data.t2, seed=seed)


@pytest.mark.parametrize("name", NEURAL)
def test_the_curve_has_one_value_per_epoch_and_loss_falls(name: str) -> None:
    report = fit(get(name, epochs=30, batch_size=12, standardise=True)).report_
    assert report.facts["epochs"] == 30
    assert {len(values) for values in report.curve.values()} == {30}
    first = {"ps": "cross_entropy_1", "davae": "probe"}.get(name, "reconstruction")
    assert report.curve[first][-1] < 0.7 * report.curve[first][0]


@pytest.mark.parametrize("name", NEURAL)
def test_early_stopping_works_with_every_network(name: str) -> None:
    learner = fit(get(name, epochs=40, batch_size=12, early_stopping=3, validation_share=0.2))
    curve, facts = learner.report_.curve, learner.report_.facts
    assert facts["best_epoch"] == 1 + int(np.argmin(curve["held_out"]))
    assert np.isfinite(learner.transform(DATA.x1, 1)).all()


@pytest.mark.parametrize("name", NEURAL)
def test_latents_do_not_depend_on_how_transform_is_chunked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = fit(get(name, epochs=2, batch_size=12))
    whole = learner.transform(DATA.x1, 1)
    monkeypatch.setattr("learners.neural.learner._ROWS", 7)
    assert learner.transform(DATA.x1, 1) == pytest.approx(whole, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", NEURAL)
def test_label_names_do_not_matter_but_through_their_order(name: str) -> None:
    codes = DATA.but(
        t1=np.unique(DATA.t1, return_inverse=True)[1], t2=np.unique(DATA.t2, return_inverse=True)[1]
    )
    learner = get(name, epochs=2, batch_size=12)
    named = fit(learner).transform(DATA.x2, 2)
    assert np.array_equal(fit(learner, codes).transform(DATA.x2, 2), named)


def test_an_absent_device_is_an_error() -> None:
    assert torch_device("cpu") == CPU
    with pytest.raises(ParameterError, match="device 'nonsense' is not available here"):
        torch_device("nonsense")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_without_a_gpu_is_an_error() -> None:
    with pytest.raises(ParameterError, match="device 'cuda' is not available"):
        get("ps").fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", NEURAL)
def test_networks_train_on_a_gpu(name: str) -> None:
    learner = get(name, epochs=2, batch_size=12)
    learner.fit(DATA.x1, DATA.t1, DATA.x2, DATA.t2, device="cuda")
    assert np.isfinite(learner.transform(DATA.x1, 1)).all()

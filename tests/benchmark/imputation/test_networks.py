"""Laws of networks trained together: each is what it is alone, and none harms another."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from benchmark.imputation import ImputerSpec
from benchmark.imputation.lesson import Lesson, Pupil
from benchmark.imputation.network import Network, fit_networks, train
from benchmark.imputation.perceptrons import Perceptrons
from benchmark.imputation.training import Training
from tests.benchmark.metrics.plans import dense, label_uniform
from weakpair.errors import ParameterError

SEEDS = (3, 1, 4)
SIZES = [6, 8, 8, 4]


def spec(**changes: Any) -> ImputerSpec:
    return ImputerSpec(**{"hidden": 8, "epochs": 3, "batch_size": 16, **changes})


def trainings(k: int = 3, n: int = 30, m: int = 37) -> list[Training]:
    """Training sets of the same cells, source (m, 6) and target (n, 4), under k plans."""
    rng = np.random.default_rng(0)
    source = rng.normal(size=(m, 6)).astype(np.float32)
    target = rng.normal(5, 2, size=(n, 4)).astype(np.float32)
    weights = rng.gamma(0.3, size=(k, n, m)) + 1e-6
    return [Training(source, target, dense(w / w.sum())) for w in weights]


def alone(parameters: ImputerSpec, sets: list[Training], x: NDArray[np.float32]) -> list[Any]:
    fits = [
        Network(parameters).fit(one, seed=seed, device="cpu")
        for one, seed in zip(sets, SEEDS, strict=False)
    ]
    return [fit.predict(x, None) for fit in fits]


@pytest.mark.parametrize("targets", ["sampled", "barycentric", "two-sample"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("batch_size", [16, 37, 64])
def test_each_network_is_what_it_is_alone(targets: str, layers: int, batch_size: int) -> None:
    """To 1e-4 of the predictions' scale, in float32."""
    parameters = spec(targets=targets, layers=layers, batch_size=batch_size)
    sets = trainings()
    x = sets[0].source
    together = fit_networks(parameters, sets, seeds=SEEDS, device="cpu")
    for network, expected in zip(together, alone(parameters, sets, x), strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(network.predict(x, None), expected, rtol=0, atol=1e-4 * scale)


def networks(poisoned: int | None = None) -> Perceptrons:
    """Three before their first step, in float64; a weight of the poisoned one is NaN."""
    generators = (torch.Generator().manual_seed(seed) for seed in SEEDS)
    nets = Perceptrons(SIZES, generators, "cpu", torch.float64)
    if poisoned is not None:
        nets.weights[0][poisoned, 0, 0] = torch.nan
    return nets


def lesson(epochs: int = 3, n: int = 60) -> Lesson:
    """For three networks, anything, in float64."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, k, generator=generator, dtype=torch.float64) for k in (6, 4))
    cells = torch.rand(epochs, 3, n, generator=generator).argsort(2)
    return Lesson(x, y, cells, torch.randint(n, (epochs, 3, n), generator=generator))


def reference(parameters: ImputerSpec, given: Lesson, index: int) -> nn.Sequential:
    """One network trained as PyTorch's documentation would have it."""
    start, modules = networks(), list[nn.Module]()
    for weight, bias in zip(start.weights, start.biases, strict=True):
        layer = nn.Linear(weight.shape[2], weight.shape[1], dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(weight[index])
            layer.bias.copy_(bias[index, 0])
        modules += [layer, nn.ReLU()]
    net = nn.Sequential(*modules[:-1])
    weights, biases = ([p for p in net.parameters() if p.ndim == ndim] for ndim in (2, 1))
    groups: list[dict[str, Any]] = [{"params": weights}, {"params": biases, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(
        groups,
        lr=parameters.learning_rate,
        weight_decay=parameters.weight_decay,
    )
    size, n = parameters.batch_size, given.cells.shape[2]
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, parameters.learning_rate, parameters.epochs * -(-n // size)
    )
    for cells, profiles in zip(given.cells[:, index], given.profiles[:, index], strict=True):
        for start_row in range(0, n, size):
            rows = slice(start_row, start_row + size)
            loss = nn.functional.mse_loss(net(given.x[cells[rows]]), given.y[profiles[rows]])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    return net


def test_in_float64_they_are_what_autograd_makes_of_each() -> None:
    """A hundred steps, 1e-10 of the scale: no term is missing or counted twice."""
    parameters, given = spec(epochs=25, weight_decay=0.3, learning_rate=0.01), lesson(25)
    nets = networks()
    train(nets, given, parameters)
    found = nets(given.x.expand(3, -1, -1))
    for index in range(3):
        expected = reference(parameters, given, index)(given.x).detach()
        scale = float(expected.abs().max())
        torch.testing.assert_close(found[index], expected, rtol=0, atol=1e-10 * scale)


def test_a_network_that_diverges_harms_no_other() -> None:
    given = lesson()
    healthy, sick = networks(), networks(poisoned=1)
    for nets in (healthy, sick):
        train(nets, given, spec())
    outputs = [nets(given.x.expand(3, -1, -1)) for nets in (healthy, sick)]
    assert outputs[1][1].isnan().all()
    torch.testing.assert_close(outputs[1][::2], outputs[0][::2], rtol=0, atol=0)


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what torch is asked to do."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))


def test_the_loop_neither_copies_between_devices_nor_waits_for_numbers() -> None:
    """Of 3 epochs of 4 steps; a number that the host waits for is `_local_scalar_dense`."""
    nets, given = networks(), lesson()
    with Counting() as counted:
        train(nets, given, spec())
    assert counted.calls["_fused_adamw_"] == 3 * 4 * 2
    assert not {"_local_scalar_dense", "_to_copy", "nonzero"} & set(counted.calls)


def test_plans_of_other_source_cells_are_refused() -> None:
    one, two = trainings(2)
    weights = np.array(two.coupling.todense())
    weights[:, 5] = 0
    other = Training(two.source, two.target, dense(weights))
    with pytest.raises(ParameterError, match="mass to the same cells"):
        fit_networks(spec(), [one, other], seeds=SEEDS[:2], device="cpu")
    without = Training(one.source, one.target, dense(np.zeros((30, 37))))
    with pytest.raises(ParameterError, match="gives no source cell any mass"):
        fit_networks(spec(), [without, one], seeds=SEEDS[:2], device="cpu")


def test_source_cells_without_mass_and_label_blocks_are_as_alone() -> None:
    t1, t2 = [0, 1, 0, 2, 1, 0, 2], [2, 0, 1, 1, 0]
    rng = np.random.default_rng(0)
    source = rng.normal(size=(5, 6)).astype(np.float32)
    target = rng.normal(size=(7, 4)).astype(np.float32)
    blocks = label_uniform(t1, t2)
    plans = [blocks, dense(blocks.todense())]
    sets = [Training(source, target, plan) for plan in plans]
    lacking = np.ones((7, 5)) / 35
    lacking[:, 2] = 0
    for stack in (sets, [Training(source, target, dense(lacking))] * 2):
        for targets in ("sampled", "barycentric"):
            parameters = spec(targets=targets, batch_size=2)
            together = fit_networks(parameters, stack, seeds=SEEDS[:2], device="cpu")
            for network, expected in zip(together, alone(parameters, stack, source), strict=True):
                np.testing.assert_allclose(network.predict(source, None), expected, atol=1e-4)


def test_global_random_state_is_left_alone_and_a_stack_of_one_is_enough() -> None:
    before = torch.random.get_rng_state()
    sets = trainings(1)
    (network,) = fit_networks(spec(), sets, seeds=[3], device="cpu")
    assert torch.equal(before, torch.random.get_rng_state())
    x = sets[0].source
    np.testing.assert_allclose(network.predict(x, None), alone(spec(), sets, x)[0], atol=1e-4)


def test_two_samples_are_partners_of_their_target() -> None:
    """Both by the plan's row of the target, and apart from each other."""
    weights = np.zeros((4, 6))
    weights[0, :3] = weights[1, 3:5] = weights[3, 5] = 1  # Target 2 has no partner.
    rng = np.random.default_rng(0)
    source, target = (rng.normal(size=(n, 2)).astype(np.float32) for n in (6, 4))
    training = Training(source, target, dense(weights / weights.sum()))
    pupil = Pupil.draw(spec(targets="two-sample", epochs=200), training, 0)
    cells, profiles = (t.view(200, 3, 2).numpy() for t in (pupil.cells, pupil.profiles))
    assert (weights[profiles, cells] == 1).all()
    np.testing.assert_array_equal(profiles[..., 0], profiles[..., 1])
    assert (np.sort(profiles[..., 0], axis=1) == [0, 1, 3]).all()
    of_first = cells[profiles[..., 0] == 0]
    shares = np.bincount(of_first[:, 0] * 3 + of_first[:, 1], minlength=9) / len(of_first)
    np.testing.assert_allclose(shares, 1 / 9, atol=0.09)


def test_two_samples_estimate_the_error_of_the_mean_prediction() -> None:
    """The mean gradient over all pairs of partners is that of the squared error of their mean.

    A single partner's error gives another one, that is larger by the predictions' spread.
    """
    nets = networks()
    generator = torch.Generator().manual_seed(2)
    partners = torch.randn(3, 5, 6, generator=generator, dtype=torch.float64)
    wanted = torch.randn(3, 1, 4, generator=generator, dtype=torch.float64)
    first, second = (t.flatten() for t in torch.meshgrid(*[torch.arange(5)] * 2, indexing="ij"))
    twos = torch.stack([partners[:, first], partners[:, second]], 2).flatten(1, 2)
    nets.differentiate(twos, wanted.expand(-1, 50, -1), twofold=True)
    estimated = [slope.clone() for slope in nets._weights.slopes]
    weights = [weight.detach().clone().requires_grad_() for weight in nets.weights]
    values = partners
    for layer, (weight, bias) in enumerate(zip(weights, nets.biases, strict=True)):
        values = torch.baddbmm(bias, values.relu() if layer else values, weight.mT)
    error = (values.mean(1, keepdim=True) - wanted).square().mean((1, 2)).sum()
    for slope, expected in zip(estimated, torch.autograd.grad(error, weights), strict=True):
        torch.testing.assert_close(slope, expected)
    nets.differentiate(partners, wanted.expand(-1, 5, -1))
    assert not torch.allclose(nets._weights.slopes[-1], estimated[-1])

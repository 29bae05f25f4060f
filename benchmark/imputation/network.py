"""The imputation network and its training; GROOVE, section 4.2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from math import ceil
from typing import Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from benchmark.imputation.perceptrons import Perceptrons
from benchmark.imputation.spec import ImputerSpec
from benchmark.imputation.training import Features, Indices, Standardiser, Training
from weakpair.errors import ParameterError

PREDICTED_ROWS = 8192


class Network:
    """ReLU layers and a linear output, trained by squared error on standardised features.

    Inputs and targets are standardised with training statistics, so that every feature weighs the
    same in the loss, and the output starts at the targets' mean.
    """

    _input: Standardiser
    _output: Standardiser
    _layers: list[tuple[Tensor, Tensor]]

    def __init__(self, spec: ImputerSpec) -> None:
        self.spec = spec

    def fit(self, training: Training, *, seed: int, device: str) -> Self:
        """Train for a fixed number of epochs, each on targets drawn anew or on weighted means."""
        (trained,) = fit_networks(self.spec, [training], seeds=[seed], device=device)
        self._adopt(trained._input, trained._output, trained._layers)
        return self

    def _adopt(
        self, source: Standardiser, target: Standardiser, layers: list[tuple[Tensor, Tensor]]
    ) -> Self:
        """Take over scalings, and weights (outputs, inputs) and biases (1, outputs) by layer."""
        self._input, self._output, self._layers = source, target, layers
        return self

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:  # noqa: ARG002
        """Evaluate the network in blocks of rows."""
        x = torch.from_numpy(self._input.apply(source)).to(self._layers[0][0].device)
        parts = torch.split(x, PREDICTED_ROWS)
        y = torch.cat([self._evaluate(part).cpu() for part in parts])
        return self._output.undo(y.numpy())

    def _evaluate(self, x: Tensor) -> Tensor:
        *inner, (weight, bias) = self._layers
        for inner_weight, inner_bias in inner:
            x = torch.addmm(inner_bias, x, inner_weight.T).relu_()
        return torch.addmm(bias, x, weight.T)


def fit_networks(
    spec: ImputerSpec, trainings: Sequence[Training], *, seeds: Sequence[int], device: str
) -> list[Network]:
    """Train one network for each training set, all as one batch of products.

    Whatever is drawn for a network is drawn from its own seed and lies on the device before the
    first step. Beside others a network comes out as it does alone, but for rounding that training
    amplifies: predictions agree to 1e-10 of their scale in float64, to 1e-3 in float32. One that
    diverges harms no other.

    Args:
        spec: of all networks.
        trainings: k training sets with the same source and target features, whose plans give
            mass to the same source cells.
        seeds: k seeds.
        device: a torch device.

    Raises:
        ParameterError: source cells differ, or a plan gives none any mass.
    """
    first = trainings[0]
    if any(not np.array_equal(first.sources, one.sources) for one in trainings[1:]):
        raise ParameterError("imputer: plans of one stack must give mass to the same source cells")
    source = first.source[first.sources]
    scalings = Standardiser.fit(source), Standardiser.fit(first.target)
    members = [_Member.draw(spec, t, seed) for t, seed in zip(trainings, seeds, strict=True)]
    sizes = [source.shape[1], *[spec.hidden] * spec.layers, first.target.shape[1]]
    nets = Perceptrons(sizes, (member.initial for member in members), device)
    lesson = _lesson(members, scalings[1], torch.from_numpy(scalings[0].apply(source)), device)
    train(nets, lesson, spec)
    layers = list(zip(nets.weights, nets.biases, strict=True))
    return [
        Network(spec)._adopt(*scalings, [(w[i].clone(), b[i].clone()) for w, b in layers])
        for i in range(len(members))
    ]


@dataclass(frozen=True)
class Lesson:
    """Lessons of k networks, epoch by epoch.

    Attributes:
        x: standardised source features, (n, features).
        y: standardised target profiles, (m, targets).
        cells: rows of `x` in the order they are shown in, (epochs, k, n).
        profiles: the rows of `y` that are their targets, (epochs, k, n).
    """

    x: Tensor
    y: Tensor
    cells: Tensor
    profiles: Tensor

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs (k, size, features) and outputs (k, size, targets) of every step."""
        for cells, profiles in zip(self.cells, self.profiles, strict=True):
            parts = zip(cells.split(size, dim=1), profiles.split(size, dim=1), strict=True)
            for shown, wanted in parts:
                yield _rows(self.x, shown), _rows(self.y, wanted)


def train(nets: Perceptrons, lesson: Lesson, spec: ImputerSpec) -> None:
    """Take all steps of all networks, by AdamW on a one-cycle schedule."""
    steps = spec.epochs * ceil(lesson.cells.shape[2] / spec.batch_size)
    optimiser = nets.adamw(spec.learning_rate, spec.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, spec.learning_rate, steps)
    for x, y in lesson.batches(spec.batch_size):
        nets.differentiate(x, y)
        optimiser.step()
        schedule.step()


@dataclass(frozen=True)
class _Member:
    """Draws for a network before its first step.

    `initial` draws its weights; `targets` are its target profiles, (m, targets); `cells` and
    `profiles` are those of its `Lesson`, (epochs, n).
    """

    initial: torch.Generator
    targets: Features
    cells: Tensor
    profiles: Tensor

    @classmethod
    def draw(cls, spec: ImputerSpec, training: Training, seed: int) -> "_Member":
        init, order, draw = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
        targets, rows = _targets(spec, training, draw)
        drawn = torch.from_numpy(np.stack(list(islice(rows, spec.epochs))))
        shuffle, n = torch.Generator().manual_seed(order), drawn.shape[1]
        cells = torch.stack([torch.randperm(n, generator=shuffle) for _ in range(spec.epochs)])
        initial = torch.Generator().manual_seed(init)
        return cls(initial, targets, cells, drawn.gather(1, cells))


def _targets(
    spec: ImputerSpec, training: Training, seed: int
) -> tuple[Features, Iterator[Indices]]:
    """Target profiles, and for each epoch the profile's row of every source cell."""
    match spec.targets:
        case "sampled":
            return training.target, training.draws(seed)
        case "barycentric":
            means = training.means()
            return means, repeat(np.arange(len(means)))


def _lesson(members: Sequence[_Member], scaling: Standardiser, x: Tensor, device: str) -> Lesson:
    """All on the device; profiles that the networks share lie there once."""
    shared = all(member.targets is members[0].targets for member in members)
    distinct = members[:1] if shared else members
    y = torch.cat([torch.from_numpy(scaling.apply(member.targets)) for member in distinct])
    starts = [0 if shared else i * len(member.targets) for i, member in enumerate(members)]
    numbers = [member.profiles + start for member, start in zip(members, starts, strict=True)]
    cells = torch.stack([member.cells for member in members], dim=1)
    return Lesson(*(t.to(device) for t in (x, y, cells, torch.stack(numbers, dim=1))))


def _rows(table: Tensor, numbers: Tensor) -> Tensor:
    """Rows of (m, w) by numbers (k, n), as (k, n, w)."""
    return table.index_select(0, numbers.flatten()).view(*numbers.shape, -1)

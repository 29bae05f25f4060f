"""The imputation network and its training; GROOVE, section 4.2."""

from collections.abc import Sequence
from typing import Self

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from benchmark.imputation.lesson import Lesson, Pupil
from benchmark.imputation.perceptrons import Perceptrons
from benchmark.imputation.spec import ImputerSpec
from benchmark.imputation.training import Features, Standardiser, Training
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
            mass to the same cells.
        seeds: k seeds.
        device: a torch device.

    Raises:
        ParameterError: these cells differ, or a plan gives none any mass.
    """
    first = trainings[0]
    if len({one.shown(spec.targets) for one in trainings}) > 1:
        raise ParameterError("imputer: plans of one stack must give mass to the same cells")
    source = first.source_features
    scalings = Standardiser.fit(source), Standardiser.fit(first.target)
    pupils = [Pupil.draw(spec, t, seed) for t, seed in zip(trainings, seeds, strict=True)]
    sizes = [source.shape[1], *[spec.hidden] * spec.layers, first.target.shape[1]]
    nets = Perceptrons(sizes, (pupil.initial for pupil in pupils), device)
    lesson = Lesson.of(pupils, scalings[1], torch.from_numpy(scalings[0].apply(source)), device)
    train(nets, lesson, spec)
    layers = list(zip(nets.weights, nets.biases, strict=True))
    return [
        Network(spec)._adopt(*scalings, [(w[i].clone(), b[i].clone()) for w, b in layers])
        for i in range(len(pupils))
    ]


def train(nets: Perceptrons, lesson: Lesson, spec: ImputerSpec) -> None:
    """Take all steps of all networks, by AdamW on a one-cycle schedule."""
    steps = lesson.steps(spec.batch_size)
    optimiser = nets.adamw(spec.learning_rate, spec.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, spec.learning_rate, steps)
    for x, y in lesson.batches(spec.batch_size):
        nets.differentiate(x, y, twofold=lesson.twofold)
        optimiser.step()
        schedule.step()

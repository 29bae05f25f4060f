"""The imputation network and its training; GROOVE, section 4.2."""

from collections.abc import Iterator
from itertools import islice, pairwise, repeat
from math import ceil, sqrt
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from benchmark.imputation.spec import ImputerSpec
from benchmark.imputation.training import Features, Indices, Standardiser, Training

PREDICTED_ROWS = 8192


class Network:
    """ReLU layers and a linear output, trained by squared error on standardised features.

    Inputs and targets are standardised with training statistics, so that every feature weighs the
    same in the loss, and the output starts at the targets' mean.
    """

    def __init__(self, spec: ImputerSpec) -> None:
        self.spec = spec

    def fit(self, training: Training, *, seed: int, device: str) -> Self:
        """Train for a fixed number of epochs, each on targets drawn anew or on weighted means."""
        init, order, draw = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
        source = training.source[training.sources]
        self._input, self._output = Standardiser.fit(source), Standardiser.fit(training.target)
        targets, rows = self._targets(training, draw)
        x = torch.from_numpy(self._input.apply(source)).to(device)
        y = torch.from_numpy(self._output.apply(targets)).to(device)
        sizes = [x.shape[1], *[self.spec.hidden] * self.spec.layers, y.shape[1]]
        self._net = build(sizes, torch.Generator().manual_seed(init)).to(device)
        self._train(x, y, rows, torch.Generator().manual_seed(order))
        return self

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:  # noqa: ARG002
        """Evaluate the network in blocks of rows."""
        device = next(self._net.parameters()).device
        x = torch.from_numpy(self._input.apply(source)).to(device)
        with torch.no_grad():
            y = torch.cat([self._net(x[rows]).cpu() for rows in _blocks(len(x), PREDICTED_ROWS)])
        return self._output.undo(y.numpy())

    def _targets(self, training: Training, seed: int) -> tuple[Features, Iterator[Indices]]:
        """Target profiles, and for each epoch the profile's row of every source cell."""
        match self.spec.targets:
            case "sampled":
                return training.target, training.draws(seed)
            case "barycentric":
                means = training.means()
                return means, repeat(np.arange(len(means)))

    def _train(self, x: Tensor, y: Tensor, rows: Iterator[Indices], order: torch.Generator) -> None:
        spec = self.spec
        steps = spec.epochs * ceil(len(x) / spec.batch_size)
        optimiser = _optimiser(self._net, spec)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, spec.learning_rate, steps)
        for epoch_rows in islice(rows, spec.epochs):
            target = torch.from_numpy(epoch_rows).to(y.device)
            shuffled = torch.randperm(len(x), generator=order).to(x.device)
            for batch in _blocks(len(x), spec.batch_size):
                cells = shuffled[batch]
                profiles = y.index_select(0, target[cells])
                loss = nn.functional.mse_loss(self._net(x.index_select(0, cells)), profiles)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()


def build(sizes: list[int], generator: torch.Generator) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them; biases are 0.

    Weights are uniform on ±1/√inputs, from `generator`: no global random state is touched.
    """
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
        nn.init.uniform_(layer.weight, -1 / sqrt(inputs), 1 / sqrt(inputs), generator=generator)
        nn.init.zeros_(layer.bias)
        modules += [layer, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, n, size))


def _optimiser(net: nn.Module, spec: ImputerSpec) -> torch.optim.AdamW:
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    groups: list[dict[str, Any]] = [{"params": weights}, {"params": biases, "weight_decay": 0.0}]
    # Fused: one pass over the parameters per step, a fifth of the time of the whole fit.
    return torch.optim.AdamW(
        groups, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True
    )

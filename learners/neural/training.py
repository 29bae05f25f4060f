"""Training loop of all neural learners."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from learners.base import FitReport
from learners.inputs import Training, check_count
from learners.neural.batches import Batches, Rows
from weakpair.epochs import begun
from weakpair.errors import MethodError, ParameterError

_NO_ROWS = torch.empty(0, dtype=torch.int64)


class Batch(NamedTuple):
    """Rows of both modalities on the device: x (n, k) float32, t (n,) label codes.

    `rows1` and `rows2`, (n,), number them in the data that `train` was given.
    """

    x1: Tensor
    t1: Tensor
    x2: Tensor
    t2: Tensor
    rows1: Tensor = _NO_ROWS
    rows2: Tensor = _NO_ROWS


class Objective(ABC):
    """Objective of a training: owns the optimisers and takes their steps."""

    network: nn.Module

    def begin(  # noqa: B027 - most objectives need no preparation
        self, epoch: int, rows1: Rows, rows2: Rows, sampler: Batches
    ) -> None:
        """Prepare an epoch, counted from 1; by default nothing.

        Args:
            epoch: the epoch about to begin.
            rows1: rows of modality 1 that are trained on.
            rows2: rows of modality 2 that are trained on.
            sampler: draws the mini-batches, as places in `rows1` and `rows2`.
        """

    def facts(self) -> Mapping[str, float | str]:
        """Single diagnostics for the report, by default none."""
        return {}

    @abstractmethod
    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Update the parameters on one mini-batch; return the losses, detached, by name."""

    @abstractmethod
    def criterion(self, batch: Batch) -> Tensor:
        """Loss that early stopping watches on held-out cells, without pairs: lower is better."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Length of a training, and the cells it holds out.

    Attributes:
        steps: mini-batches at most.
        epochs: None, or the number of epochs at most, which then count and `steps` does not.
        batch_size: rows per modality and mini-batch, at most.
        early_stopping: None, or the number of epochs without improvement after which to stop and
            return to the best epoch.
        validation_share: share of each label's training cells held out for early stopping.
    """

    steps: int = 1
    epochs: int | None = None
    batch_size: int = 200
    early_stopping: int | None = None
    validation_share: float = 0.1

    def lengths(self, per_epoch: int) -> list[int]:
        """Number of mini-batches of every epoch, where a whole one has `per_epoch`.

        >>> Schedule(steps=10).lengths(per_epoch=4)
        [4, 4, 2]
        >>> Schedule(steps=10, epochs=2).lengths(per_epoch=4)
        [4, 4]
        """
        if self.epochs is not None:
            return [per_epoch] * self.epochs
        whole, rest = divmod(self.steps, per_epoch)
        return [per_epoch] * whole + [rest] * (rest > 0)

    def check(self) -> None:
        """Raise ParameterError where a value is out of range."""
        check_count("steps", self.steps)
        if self.epochs is not None:
            check_count("epochs", self.epochs)
        if self.early_stopping is not None:
            check_count("early_stopping", self.early_stopping)
        if not 0 < self.validation_share < 1:
            raise ParameterError(
                f"validation_share is {self.validation_share}; it must be between 0 and 1"
            )


def train(
    objective: Objective,
    data: Training,
    batches: type[Batches],
    schedule: Schedule,
    rng: np.random.Generator,
    device: torch.device,
) -> FitReport:
    """Train until the steps are over or the held-out criterion stops improving.

    Leaves `objective.network` in inference mode, in the state of the last epoch or, with early
    stopping, of the best one.

    Args:
        objective: takes the optimiser steps.
        data: training rows, standardised where wanted.
        batches: how mini-batches are drawn.
        schedule: steps or epochs, batch size, early stopping.
        rng: draws the held-out cells and the mini-batches.
        device: where the rows are put.

    Raises:
        ParameterError: too few cells for the batches or for holding some out.
        MethodError: a loss is NaN or infinite.
    """
    tensors = _Tensors(data, device)
    patience = schedule.early_stopping
    parts = hold_out(data, schedule.validation_share, rng) if patience else None
    train1, train2 = parts.train if parts else (np.arange(len(data.x1)), np.arange(len(data.x2)))
    sampler = batches(data.codes1[train1], data.codes2[train2], schedule.batch_size)
    held_out = tensors.take(*parts.held_out) if parts else None
    watch = _Watch(objective, held_out, patience) if held_out and patience else None
    curve: dict[str, list[float]] = {}
    # Some objectives make the pairs of which an epoch consists.
    objective.begin(1, train1, train2, sampler)
    lengths = schedule.lengths(sampler.steps)
    for epoch, length in enumerate(lengths, 1):
        begun(epoch, len(lengths))
        if epoch > 1:
            objective.begin(epoch, train1, train2, sampler)
        objective.network.train()
        rows = islice(sampler.epoch(rng), length)
        drawn = [(train1[rows1], train2[rows2]) for rows1, rows2 in rows]
        steps = [objective.step(batch) for batch in tensors.batches(drawn)]
        _record(curve, steps, epoch)
        if watch and watch.stop(epoch, curve):
            break
    facts: dict[str, float | str] = {"epochs": float(len(next(iter(curve.values()))))}
    if watch:
        facts["best_epoch"] = float(watch.restore())
    facts.update(objective.facts())
    objective.network.eval()
    return FitReport({name: tuple(values) for name, values in curve.items()}, facts)


class Parts(NamedTuple):
    """Row numbers of modality 1 and 2, to train on and held out."""

    train: tuple[Rows, Rows]
    held_out: tuple[Rows, Rows]


def hold_out(data: Training, share: float, rng: np.random.Generator) -> Parts:
    """Hold out a share of each label's cells, in each modality on its own.

    A label with too few cells in one modality stays whole in both.

    Raises:
        ParameterError: every label has too few cells.
    """
    counts = [np.floor(share * data.counts(codes)) for codes in (data.codes1, data.codes2)]
    enough = np.minimum(*counts) >= 1
    if not enough.any():
        raise ParameterError(
            f"early_stopping holds out {share:g} of each label's cells, which is less than one; "
            "set a larger validation_share or no early_stopping"
        )
    train, held = [], []
    for codes, count in zip((data.codes1, data.codes2), counts, strict=True):
        order = rng.permutation(len(codes))
        rank = np.empty(len(codes), dtype=np.int64)
        for label in range(data.n_labels):
            rows = order[codes[order] == label]
            rank[rows] = np.arange(len(rows))
        chosen = enough[codes] & (rank < count[codes])
        held.append(np.flatnonzero(chosen))
        train.append(np.flatnonzero(~chosen))
    return Parts((train[0], train[1]), (held[0], held[1]))


class _Tensors:
    def __init__(self, data: Training, device: torch.device) -> None:
        arrays = (data.x1, data.codes1, data.x2, data.codes2)
        self.device = device
        self.x1, self.t1, self.x2, self.t2 = (torch.as_tensor(a).to(device) for a in arrays)

    def batches(self, drawn: Sequence[tuple[Rows, Rows]]) -> Iterator[Batch]:
        """The mini-batches of these rows, whose numbers go to the device in one piece."""
        pieces = [rows for pair in drawn for rows in pair]
        numbers = torch.from_numpy(np.concatenate(pieces)).to(self.device)
        parts = torch.split(numbers, [len(rows) for rows in pieces])
        for one, two in zip(parts[::2], parts[1::2], strict=True):
            yield Batch(self.x1[one], self.t1[one], self.x2[two], self.t2[two], one, two)

    def take(self, rows1: Rows, rows2: Rows) -> Batch:
        return next(self.batches([(rows1, rows2)]))


class _Watch:
    """Keeps the network of the epoch with the lowest held-out criterion."""

    def __init__(self, objective: Objective, batch: Batch, patience: int) -> None:
        self.objective, self.batch, self.patience = objective, batch, patience
        self.best, self.best_epoch = float("inf"), 0
        self.state: dict[str, Tensor] = {}

    def stop(self, epoch: int, curve: dict[str, list[float]]) -> bool:
        network = self.objective.network.eval()
        with torch.no_grad():
            value = float(self.objective.criterion(self.batch))
        if not np.isfinite(value):
            raise _diverged("held_out", value, epoch)
        curve.setdefault("held_out", []).append(value)
        if value < self.best:
            self.best, self.best_epoch = value, epoch
            self.state = {name: v.detach().clone() for name, v in network.state_dict().items()}
        return epoch - self.best_epoch >= self.patience

    def restore(self) -> int:
        if self.state:
            self.objective.network.load_state_dict(self.state)
        return self.best_epoch


def _record(curve: dict[str, list[float]], steps: list[Mapping[str, Tensor]], epoch: int) -> None:
    """Append the mean of each loss over the epoch's steps."""
    for name in steps[0]:
        value = float(torch.stack([losses[name] for losses in steps]).mean())
        if not np.isfinite(value):
            raise _diverged(name, value, epoch)
        curve.setdefault(name, []).append(value)


def _diverged(name: str, value: float, epoch: int) -> MethodError:
    return MethodError(
        f"training diverged: loss {name!r} is {value} in epoch {epoch}; "
        "a smaller lr or standardise=true may help"
    )


def adam(network: nn.Module, lr: float, eps: float = 1e-8) -> torch.optim.Adam:
    """Adam on all parameters of a network, fused: one pass over the parameters per step."""
    return torch.optim.Adam(network.parameters(), lr=lr, eps=eps, fused=True)


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step of the optimiser along the gradient of the loss."""
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    optimiser.step()

"""Learners of one recipe, trained together as one batched network.

Replicates, folds and seeds of a learner have networks of one shape and as many steps. One step of
all of them costs a GPU about as much as one step of one, which leaves it mostly idle.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeGuard

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from learners.base import FitReport, Learner
from learners.inputs import Training
from learners.neural.batches import Rows
from learners.neural.learner import NeuralLearner, Start
from learners.neural.phases import Noise, PhasedObjective
from learners.neural.training import Batch, adam, descend
from weakpair.epochs import begun


@dataclass(frozen=True)
class Member:
    """A learner before its first step, with the rows of every mini-batch of every epoch."""

    learner: NeuralLearner
    objective: PhasedObjective
    data: Training
    epochs: list[list[tuple[Rows, Rows]]]

    @property
    def shape(self) -> Hashable:
        """Equal for learners of one recipe that can be trained together."""
        sizes = tuple(tuple((len(one), len(two)) for one, two in epoch) for epoch in self.epochs)
        state = self.objective.network.state_dict()
        return sizes, tuple((name, tuple(value.shape)) for name, value in state.items())


def can_join(learner: Learner) -> TypeGuard[NeuralLearner]:
    """Tell whether others of its recipe can be trained with it.

    Learners that stop early, each at an epoch of its own, cannot, nor can those that do more than
    go through the phases of an objective.
    """
    return (
        isinstance(learner, NeuralLearner)
        and learner.phased
        and learner.early_stopping is None
        and type(learner).fit is NeuralLearner.fit
    )


def member(learner: NeuralLearner, start: Start) -> Member:
    """Draw the mini-batches of a learner that `can_join` others."""
    objective, data, schedule = start.objective, start.data, start.schedule
    if not isinstance(objective, PhasedObjective):
        raise TypeError(f"the objective of {learner!r} is not made of phases")
    sampler = learner.batches(data.codes1, data.codes2, schedule.batch_size)
    lengths = schedule.lengths(sampler.steps)
    epochs = [list(islice(sampler.epoch(start.rng), length)) for length in lengths]
    return Member(learner, objective, data, epochs)


def train_together(members: Sequence[Member], device: torch.device) -> list[bool]:
    """Train learners of one recipe and one `shape`, each as `fit` trains it alone.

    Initial weights, noise and mini-batches are the same to the bit, sums run in another order.
    Latents agree to 1e-6 of their scale in float64; in float32 they are as far apart as those of
    two fits whose features differ in the last bit. A network that diverges harms no other.

    Returns:
        For each member whether its losses stayed finite. Those are fitted; the others are not,
        and `fit` tells what happened to them.
    """
    networks, batches = _Networks(members), _Batches(members, device)
    curves: list[dict[str, list[float]]] = [{} for _ in members]
    for epoch in range(len(members[0].epochs)):
        begun(epoch + 1, len(members[0].epochs))
        steps = [networks.step(batch) for batch in batches.epoch(epoch)]
        for name in steps[0]:
            # The one wait for numbers, once per epoch as alone.
            means = torch.stack([losses[name] for losses in steps]).mean(0).tolist()
            for curve, mean in zip(curves, means, strict=True):
                curve.setdefault(name, []).append(mean)
    networks.write_back()
    return [_report(one, curve) for one, curve in zip(members, curves, strict=True)]


def _report(fitted: Member, curve: Mapping[str, list[float]]) -> bool:
    if not all(np.isfinite(values).all() for values in curve.values()):
        return False
    fitted.objective.network.eval()
    facts: dict[str, float | str] = {"epochs": float(len(fitted.epochs))}
    facts.update(fitted.objective.facts())
    series = {name: tuple(values) for name, values in curve.items()}
    fitted.learner.report_ = FitReport(series, facts)
    return True


class _Losses(nn.Module):
    """The phases of an objective as a module, so that its network can be called functionally."""

    def __init__(self, objective: PhasedObjective) -> None:
        super().__init__()
        self.network = objective.network
        self._objective = objective

    def forward(self, phase: int, batch: Batch, noise: Noise) -> tuple[Tensor, dict[str, Tensor]]:
        return self._objective.phases()[phase](batch, noise)


class _Networks:
    """The networks' parameters and buffers with a leading axis, and one Adam for all.

    Adam works on each number by itself: the common one does to each network what its own would.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._objectives = [one.objective for one in members]
        for objective in self._objectives:
            objective.network.train()
        # The first is the form that all are poured into; its own numbers stay as they are.
        forms = [_Losses(objective) for objective in self._objectives]
        self._form = forms[0]
        parameters, self._buffers = stack_module_state(forms)
        self._parameters: dict[str, Tensor] = {
            name: nn.Parameter(value) for name, value in parameters.items()
        }
        leaves = nn.ParameterList(self._parameters.values())
        self._optimiser = adam(leaves, self._objectives[0].lr)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Go through all phases on one mini-batch of each; losses by name, (k,)."""
        found: dict[str, Tensor] = {}
        rows = batch.x1.shape[1], batch.x2.shape[1]
        for phase in range(len(self._objectives[0].phases())):
            drawn = [objective.noise(*rows) for objective in self._objectives]
            noise = tuple(torch.stack(parts) for parts in zip(*drawn, strict=True))
            totals, losses = self._evaluate(phase, batch, noise)
            descend(self._optimiser, totals.sum())
            found.update((name, loss.detach()) for name, loss in losses.items())
        return found

    def _evaluate(self, phase: int, batch: Batch, noise: Noise) -> tuple[Tensor, dict[str, Tensor]]:
        def losses(
            parameters: dict[str, Tensor],
            buffers: dict[str, Tensor],
            batch: Batch,
            noise: Noise,
        ) -> tuple[Tensor, dict[str, Tensor]]:
            state = (parameters, buffers)
            found: tuple[Tensor, dict[str, Tensor]]
            found = functional_call(self._form, state, (phase, batch, noise))
            return found

        found: tuple[Tensor, dict[str, Tensor]]
        found = vmap(losses)(self._parameters, self._buffers, batch, noise)
        return found

    def write_back(self) -> None:
        """Give every network its numbers."""
        together = {**self._parameters, **self._buffers}
        with torch.no_grad():
            for index, objective in enumerate(self._objectives):
                for name, value in objective.network.state_dict().items():
                    value.copy_(together[f"network.{name}"][index])


class _Batches:
    """The mini-batches of all members, each tensor with a leading axis; rows lie on the device.

    Members' cells stand one below the other in one table per modality.
    """

    def __init__(self, members: Sequence[Member], device: torch.device) -> None:
        self._members, self._device = members, device
        data = [one.data for one in members]
        self._x = [
            torch.from_numpy(np.concatenate(parts)).to(device)
            for parts in ([d.x1 for d in data], [d.x2 for d in data])
        ]
        self._codes = [
            torch.from_numpy(np.concatenate(parts)).to(device)
            for parts in ([d.codes1 for d in data], [d.codes2 for d in data])
        ]
        lengths = [[len(d.x1), len(d.x2)] for d in data]
        self._starts = np.cumsum([[0, 0], *lengths[:-1]], axis=0)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Mini-batches of one epoch; row numbers go to the device once."""
        steps = list(zip(*(one.epochs[number] for one in self._members), strict=True))
        one, two = (self._rows(steps, modality) for modality in (0, 1))
        for rows1, rows2 in zip(one, two, strict=True):
            yield Batch(
                self._x[0][rows1],
                self._codes[0][rows1],
                self._x[1][rows2],
                self._codes[1][rows2],
                rows1,
                rows2,
            )

    def _rows(
        self, steps: Sequence[Sequence[tuple[Rows, Rows]]], modality: int
    ) -> tuple[Tensor, ...]:
        """Row numbers (k, rows) in the table of a modality, step by step."""
        starts = self._starts[:, modality, None]
        drawn = [np.stack([pair[modality] for pair in step]) + starts for step in steps]
        sizes = [rows.shape[1] for rows in drawn]
        rows = torch.from_numpy(np.concatenate(drawn, axis=1)).to(self._device)
        return torch.split(rows, sizes, dim=1)

"""Lessons of imputation networks: cells and targets, drawn before the first step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from math import ceil
from typing import Self

import numpy as np
import torch
from torch import Tensor

from benchmark.imputation.spec import ImputerSpec
from benchmark.imputation.training import Features, Indices, Standardiser, Training


@dataclass(frozen=True)
class Pupil:
    """A network to be: what is drawn for it before its first step.

    `initial` draws its weights; `targets` are its target profiles, (m, targets); `cells`,
    `profiles` and `twofold` are those of its `Lesson`, (epochs, n).
    """

    initial: torch.Generator
    targets: Features
    cells: Tensor
    profiles: Tensor
    twofold: bool = False

    @classmethod
    def draw(cls, spec: ImputerSpec, training: Training, seed: int) -> "Pupil":
        """Draw all of it, from `seed` alone."""
        init, order, draw = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
        initial = torch.Generator().manual_seed(init)
        if spec.targets == "two-sample":
            return cls(initial, training.target, *_twos(spec, training, order, draw), True)
        targets, rows = _targets(spec, training, draw)
        drawn = torch.from_numpy(np.stack(list(islice(rows, spec.epochs))))
        shuffle, n = torch.Generator().manual_seed(order), drawn.shape[1]
        cells = torch.stack([torch.randperm(n, generator=shuffle) for _ in range(spec.epochs)])
        return cls(initial, targets, cells, drawn.gather(1, cells))


@dataclass(frozen=True)
class Lesson:
    """Lessons of k networks, epoch by epoch.

    Attributes:
        x: standardised source features, (n, features).
        y: standardised target profiles, (m, targets).
        cells: rows of `x` in the order they are shown in, (epochs, k, n).
        profiles: the rows of `y` that are their targets, (epochs, k, n).
        twofold: cells come in twos, which have one target.
    """

    x: Tensor
    y: Tensor
    cells: Tensor
    profiles: Tensor
    twofold: bool = False

    def steps(self, size: int) -> int:
        """Steps of all epochs, each on `size` cells, or on `size` twos."""
        return len(self.cells) * ceil(self.cells.shape[2] / self._rows(size))

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs (k, size, features) and outputs (k, size, targets) of every step; or as twos."""
        rows = self._rows(size)
        for cells, profiles in zip(self.cells, self.profiles, strict=True):
            parts = zip(cells.split(rows, dim=1), profiles.split(rows, dim=1), strict=True)
            for shown, wanted in parts:
                yield _rows(self.x, shown), _rows(self.y, wanted)

    def _rows(self, size: int) -> int:
        return 2 * size if self.twofold else size

    @classmethod
    def of(cls, pupils: Sequence[Pupil], scaling: Standardiser, x: Tensor, device: str) -> Self:
        """All on the device; profiles that the networks share lie there once."""
        shared = all(pupil.targets is pupils[0].targets for pupil in pupils)
        distinct = pupils[:1] if shared else pupils
        parts = [torch.from_numpy(scaling.apply(pupil.targets)) for pupil in distinct]
        y = parts[0] if len(parts) == 1 else torch.cat(parts)
        starts = [0 if shared else i * len(pupil.targets) for i, pupil in enumerate(pupils)]
        profiles = [pupil.profiles + start for pupil, start in zip(pupils, starts, strict=True)]
        cells, numbers = torch.stack([p.cells for p in pupils], 1), torch.stack(profiles, 1)
        x, y, cells, numbers = (t.to(device) for t in (x, y, cells, numbers))
        return cls(x, y, cells, numbers, pupils[0].twofold)


def _twos(spec: ImputerSpec, training: Training, order: int, draw: int) -> tuple[Tensor, Tensor]:
    """Two cells for every target of an epoch, one after the other; and the target, twice."""
    drawn = islice(training.partners(draw), 2 * spec.epochs)
    pairs = torch.from_numpy(np.stack(list(drawn)).reshape(spec.epochs, 2, -1))
    shuffle, n = torch.Generator().manual_seed(order), len(training.targets)
    shown = torch.stack([torch.randperm(n, generator=shuffle) for _ in range(spec.epochs)])
    cells = pairs.gather(2, shown[:, None].expand_as(pairs)).mT.flatten(1)
    return cells, torch.from_numpy(training.targets)[shown].repeat_interleave(2, dim=1)


def _targets(
    spec: ImputerSpec, training: Training, seed: int
) -> tuple[Features, Iterator[Indices]]:
    """Target profiles, and for each epoch the profile's row of every source cell."""
    match spec.targets:
        case "sampled":
            return training.target, training.draws(seed)
        case _:  # barycentric
            means = training.means()
            return means, repeat(np.arange(len(means)))


def _rows(table: Tensor, numbers: Tensor) -> Tensor:
    """Rows of (m, w) by numbers (k, n), as (k, n, w)."""
    return table.index_select(0, numbers.flatten()).view(*numbers.shape, -1)

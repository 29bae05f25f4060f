"""Whitened cells label by label, distances between their distributions, and the descent."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from learners.inputs import Codes, Training
from learners.linear.pca import Reduction
from learners.linear.whitening import Whitened, whitened
from weakpair.errors import MethodError, ParameterError

# Below this squared distance a root has no slope that counts.
_LEAST = 1e-12

Groups = Sequence[Tensor]
"""The cells of each label, float64, shape (cells, d)."""


class Sides(NamedTuple):
    """Both modalities whitened inside labels, and the cells of each label that descents look at."""

    one: Whitened
    two: Whitened
    first: Groups
    second: Groups


def prepared(data: Training, reduction: Reduction, most: int, seed: int) -> Sides:
    """Whiten both modalities and draw at most so many cells of each label.

    Raises:
        ParameterError: fewer than two labels, or no label with two different cells.
    """
    if data.n_labels < 2:
        raise ParameterError("distributions of at least two labels are needed")
    rng = np.random.default_rng(seed)
    one = whitened(data.x1, data.codes1, reduction, "x1")
    two = whitened(data.x2, data.codes2, reduction, "x2")
    return Sides(
        one,
        two,
        _drawn(one, data.codes1, data.n_labels, most, rng),
        _drawn(two, data.codes2, data.n_labels, most, rng),
    )


def _drawn(
    side: Whitened, codes: Codes, labels: int, most: int, rng: np.random.Generator
) -> list[Tensor]:
    rows = (np.flatnonzero(codes == label) for label in range(labels))
    return [torch.from_numpy(side.cells[np.sort(rng.permutation(own)[:most])]) for own in rows]


def energy(first: Groups, second: Groups) -> Tensor:
    """Mean over labels of 2 E|x − y| − E|x − x'| − E|y − y'| (Székely & Rizzo 2013)."""
    return torch.stack(
        [
            2 * _apart(x, y).mean() - _apart(x, x).mean() - _apart(y, y).mean()
            for x, y in zip(first, second, strict=True)
        ]
    ).mean()


def discrepancy(first: Groups, second: Groups, width: float) -> Tensor:
    """Mean over labels of the squared MMD with a Gaussian kernel (Gretton et al. 2012)."""

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (-_squares(x, y) / (2 * width**2)).exp().mean()

    return torch.stack(
        [kernel(x, x) + kernel(y, y) - 2 * kernel(x, y) for x, y in zip(first, second, strict=True)]
    ).mean()


def _squares(x: Tensor, y: Tensor) -> Tensor:
    sums = x.square().sum(1)[:, None] + y.square().sum(1)
    return (sums - 2 * x @ y.T).clamp(min=0)


def _apart(x: Tensor, y: Tensor) -> Tensor:
    return (_squares(x, y) + _LEAST).sqrt()


def descend(
    parameters: Sequence[Tensor], loss: Callable[[], Tensor], steps: int, lr: float
) -> tuple[float, ...]:
    """Minimise a loss by Adam with a learning rate that falls to nothing; the loss of each step.

    Raises:
        MethodError: the loss is no number.
    """
    optimiser = torch.optim.Adam(parameters, lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    curve = []
    for step in range(steps):
        optimiser.zero_grad()
        value = loss()
        if not torch.isfinite(value):
            raise MethodError(f"the loss is {float(value)} in step {step}; a smaller lr may help")
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        curve.append(float(value.detach()))
    return tuple(curve)


def means_of(groups: Groups) -> Tensor:
    """Mean of each label, shape (labels, d)."""
    return torch.stack([group.mean(dim=0) for group in groups])

"""Whitened cells label by label, distances between their distributions, and the descent."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from learners.inputs import Codes, Training
from learners.linear.pca import Reduction
from learners.linear.whitening import Whitened, whitened
from weakpair.errors import MethodError, ParameterError

# Below this squared distance a root has no slope that counts.
_LEAST = 1e-12


class Groups(NamedTuple):
    """The cells of each label, float64, as one tensor: what one step does for all labels at once.

    `cells` has shape (labels, most cells of a label, d), filled up with zeros; `weights`, shape
    (labels, most), is 1 / cells of the label, and 0 where there is no cell.
    """

    cells: Tensor
    weights: Tensor

    @classmethod
    def of(cls, groups: Sequence[Tensor]) -> "Groups":
        """The groups of these cells, each of shape (cells, d)."""
        weights = [torch.full((len(group),), 1 / len(group)).to(group) for group in groups]
        cells = pad_sequence(list(groups), batch_first=True)
        return cls(cells, pad_sequence(weights, batch_first=True))

    def mapped(self, matrix: Tensor) -> "Groups":
        """The cells times a matrix, shape (d, d')."""
        return Groups(self.cells @ matrix, self.weights)

    @property
    def flat(self) -> Tensor:
        """All cells, label by label, shape (n, d)."""
        return self.cells[self.weights > 0]

    @property
    def joined(self) -> "Groups":
        """All cells as one group."""
        return Groups.of([self.flat])

    @property
    def means(self) -> Tensor:
        """Mean of each label, shape (labels, d)."""
        return (self.weights[:, :, None] * self.cells).sum(1)


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
        Groups.of(_drawn(one, data.codes1, data.n_labels, most, rng)),
        Groups.of(_drawn(two, data.codes2, data.n_labels, most, rng)),
    )


def _drawn(
    side: Whitened, codes: Codes, labels: int, most: int, rng: np.random.Generator
) -> list[Tensor]:
    rows = (np.flatnonzero(codes == label) for label in range(labels))
    return [torch.from_numpy(side.cells[np.sort(rng.permutation(own)[:most])]) for own in rows]


def energy(first: Groups, second: Groups) -> Tensor:
    """Mean over labels of 2 E|x − y| − E|x − x'| − E|y − y'| (Székely & Rizzo 2013)."""
    return _compared(first, second, lambda squares: -(squares + _LEAST).sqrt())


def discrepancy(first: Groups, second: Groups, width: float) -> Tensor:
    """Mean over labels of the squared MMD with a Gaussian kernel (Gretton et al. 2012)."""
    return _compared(first, second, lambda squares: (squares / (-2 * width**2)).exp())


def _compared(first: Groups, second: Groups, kernel: Callable[[Tensor], Tensor]) -> Tensor:
    """Mean over labels of E k(x, x') + E k(y, y') − 2 E k(x, y), k a function of |x − y|²."""

    def mean(one: Groups, two: Groups) -> Tensor:
        values = kernel(_squares(one.cells, two.cells))
        return (one.weights[:, None] @ values @ two.weights[:, :, None]).flatten()

    return (mean(first, first) + mean(second, second) - 2 * mean(first, second)).mean()


def _squares(x: Tensor, y: Tensor) -> Tensor:
    """Squared distances inside labels, (L, m, d) and (L, n, d) → (L, m, n)."""
    sums = x.square().sum(2)[:, :, None] + y.square().sum(2)[:, None]
    return torch.baddbmm(sums, x, y.transpose(1, 2), alpha=-2).clamp(min=0)


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

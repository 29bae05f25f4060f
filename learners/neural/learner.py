"""Fitting, transforming, seeds and devices of all learners with a network."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike

from learners.base import Latent, Learner, Modality
from learners.inputs import (
    Training,
    check_choice,
    check_count,
    check_features,
    check_training,
    check_weight,
    slot,
)
from learners.neural.batches import Batches
from learners.neural.encoders import ENCODERS, Encoder
from learners.neural.networks import Embedder
from learners.neural.training import Objective, Schedule, train
from learners.standardise import Standardiser
from weakpair.errors import ParameterError
from weakpair.params import with_parameters

# Rows and numbers per pass: bound memory, keep the matrix products large.
_ROWS, _NUMBERS = 8192, 2**24


@dataclass(frozen=True)
class Context:
    """Device of a network, and the sources of its random numbers.

    `weights` is a CPU generator for initial weights, `noise` one on the device.
    """

    device: torch.device
    weights: torch.Generator
    noise: torch.Generator


@dataclass(frozen=True)
class Start:
    """A learner before its first step: what `learners.neural.training.train` is given."""

    objective: Objective
    data: Training
    schedule: Schedule
    rng: np.random.Generator
    device: torch.device


@with_parameters
class NeuralLearner(Learner):
    """Base of the learners with a network; a subclass gives the objective.

    Subclasses have these arguments and may give them other defaults. The budget of a training is
    counted in mini-batches, `steps`, so that it does not grow or shrink with the number of cells.

    Args:
        standardise: scale features to mean 0 and variance 1 on training rows.
        steps: mini-batches in all, at most.
        epochs: None, or the number of epochs at most, which then count and `steps` does not.
        batch_size: rows per modality and mini-batch, at most.
        lr: learning rate of Adam.
        early_stopping: None, or epochs without a better held-out loss before training ends.
        validation_share: share of each label's training cells held out for early stopping.
        encoder: "mlp", dense layers; "conv", convolutions, where features are the pixels of square
            colour images; "conv-mlp" or "mlp-conv" where those of one modality alone are. `hidden`
            is then the number of channels of the last convolution.
    """

    later: ClassVar[Mapping[str, Any]] = {"encoder": "mlp"}
    batches: ClassVar[type[Batches]]
    phased: ClassVar[bool] = False
    """True where the objective is a `learners.neural.phases.PhasedObjective`."""

    standardise: bool = True
    steps: int = 40
    epochs: int | None = None
    batch_size: int = 200
    lr: float = 1e-3
    early_stopping: int | None = None
    validation_share: float = 0.1
    encoder: Encoder = "mlp"

    network_: Embedder = field(init=False)
    scalings_: tuple[Standardiser, Standardiser] = field(init=False)

    def fit(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Self:
        """Train on training rows; see `Learner.fit`.

        Raises:
            ParameterError: a wrong parameter, features that are not finite, labels that do not
                fit, too few cells, or a device that is not there.
            MethodError: training diverged.
        """
        start = self.start(x1, t1, x2, t2, seed=seed, device=device)
        self.report_ = train(
            start.objective, start.data, self.batches, start.schedule, start.rng, start.device
        )
        return self

    def start(
        self,
        x1: ArrayLike,
        t1: ArrayLike,
        x2: ArrayLike,
        t2: ArrayLike,
        *,
        seed: int = 0,
        device: str = "cpu",
    ) -> Start:
        """Do all of `fit` that comes before training; arguments and errors are the same."""
        schedule = self._schedule()
        schedule.check()
        check_weight("lr", self.lr, positive=True)
        check_count("seed", seed, 0)
        check_choice("encoder", self.encoder, ENCODERS)
        self._check_parameters()
        data = check_training(x1, t1, x2, t2)
        scalings = tuple(Standardiser.of(x, self.standardise) for x in (data.x1, data.x2))
        self.scalings_ = (scalings[0], scalings[1])
        data = replace(data, x1=scalings[0].apply(data.x1), x2=scalings[1].apply(data.x2))
        context, rng = _seeded(seed, torch_device(device))
        objective, self.network_ = self._objective(data, context)
        return Start(objective, data, schedule, rng, context.device)

    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Map rows of one modality, shape (n, k), to latents, shape (n, d), float32.

        Raises:
            ParameterError: not fitted, or features that are not finite or of another width.
        """
        if not hasattr(self, "network_"):
            raise ParameterError(f"{self!r} is not fitted; call fit before transform")
        scaling = self.scalings_[slot(modality)]
        rows = check_features(x, f"x{modality}", len(scaling.mean))
        step = rows_per_pass(rows.shape[1])
        parts = range(0, len(rows), step)
        return np.concatenate(
            [self._embed(scaling.apply(rows[start : start + step]), modality) for start in parts]
        )

    def _embed(self, x: Latent, modality: Modality) -> Latent:
        device = next(self.network_.parameters()).device
        with torch.inference_mode():
            z = self.network_.embed(torch.from_numpy(x).to(device), modality)
        return np.ascontiguousarray(z.cpu().numpy(), dtype=np.float32)

    def _schedule(self) -> Schedule:
        names = (each.name for each in fields(Schedule))
        return Schedule(**{name: getattr(self, name) for name in names})

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise ParameterError where one of the subclass's own arguments is wrong."""

    @abstractmethod
    def _objective(self, data: Training, context: Context) -> tuple[Objective, Embedder]:
        """The objective, and the network that transforms; the objective's network contains it."""


def rows_per_pass(width: int) -> int:
    """Rows of that many features that go through a network at a time without training it.

    >>> rows_per_pass(500), rows_per_pass(12288)
    (8192, 1365)
    """
    return min(_ROWS, max(1, _NUMBERS // width))


def torch_device(name: str) -> torch.device:
    """The torch device of that name.

    Raises:
        ParameterError: no such device on this machine.
    """
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        raise ParameterError(f"device {name!r} is not available here; use 'cpu'") from None
    return device


def _seeded(seed: int, device: torch.device) -> tuple[Context, np.random.Generator]:
    """Independent streams for weights, noise and mini-batches."""
    weights, noise, batches = np.random.SeedSequence(seed).spawn(3)
    context = Context(device, _generator(weights, "cpu"), _generator(noise, device))
    return context, np.random.default_rng(batches)


def _generator(seed: np.random.SeedSequence, device: torch.device | str) -> torch.Generator:
    return torch.Generator(device).manual_seed(int(seed.generate_state(1)[0]))

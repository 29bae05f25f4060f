"""The contract of every learner."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weakpair.params import Parametrised
from weakpair.registry import FEATURES, Role

Modality = Literal[1, 2]
Latent = NDArray[np.float32]


@dataclass(frozen=True)
class FitReport:
    """Figures of a fit beside the map itself.

    `curve` has one series per loss, one value per epoch; `facts` holds single diagnostics, e.g.
    the best epoch or the branch an adaptive learner took.
    """

    curve: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    facts: Mapping[str, float | str] = field(default_factory=dict)


class Learner(Parametrised, ABC):
    """Maps both modalities into latent spaces that an aligner can compare.

    Constructor arguments are stored verbatim (`get_params`); everything learned ends in an
    underscore. A learner sees training rows only, in an order that says nothing about pairs.
    Results depend on the arguments, the data and `seed`, never on global random state.
    Raise `version` whenever a change of the code changes results: it is part of the store's key.
    The other class variables say what the learner is and needs; its registry entry repeats them.
    """

    version: ClassVar[int] = 1

    role: ClassVar[Role] = "method"
    """Place in tables: a method, a baseline, a control or an oracle."""
    needs_labels: ClassVar[bool] = True
    """True where `fit` uses the labels; it then refuses labels that do not fit the rows."""
    needs_pairing: ClassVar[bool] = False
    """True where `fit` is handed the true pairs, as `pairs`; such a learner is an oracle."""
    reads: ClassVar[str] = FEATURES
    """Name of what it is given for x: the features, or for oracles a ground truth."""

    report_: FitReport = FitReport()

    @property
    def loss_weights(self) -> Mapping[str, float]:
        """Weights of losses in the sum that is minimised, by name; a loss not named counts once."""
        return {}

    @abstractmethod
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
        """Learn from training rows.

        Args:
            x1: features of modality 1, shape (n1, k1).
            t1: labels of modality 1, shape (n1,).
            x2: features of modality 2, shape (n2, k2); n2 may differ from n1.
            t2: labels of modality 2, shape (n2,).
            seed: source of all randomness of the fit.
            device: a torch device, "cpu" or "cuda".
        """

    @abstractmethod
    def transform(self, x: ArrayLike, modality: Modality = 1) -> Latent:
        """Map rows of one modality, shape (n, k), to latents, shape (n, d), float32."""

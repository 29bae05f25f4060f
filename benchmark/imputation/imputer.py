"""The imputer: checks, the plan's direction, and the kinds of model."""

from typing import TYPE_CHECKING, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.imputation.controls import LabelCell, LabelMean, Mean, RidgeOnMeans
from benchmark.imputation.spec import ImputerSpec
from benchmark.imputation.training import Training
from weakpair.errors import DataError, ParameterError

if TYPE_CHECKING:
    from aligners.plan.plan import Plan

Features = NDArray[np.float32]


class Model(Protocol):
    """Promises of a kind of imputer once inputs are checked."""

    def fit(self, training: Training, *, seed: int, device: str) -> Self:
        """Learn from the coupled training cells."""

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:
        """Map source features (n, k_source) to target features (n, k_target)."""


class Imputer:
    """Predicts the features of one modality from those of the other.

    >>> Imputer(ImputerSpec(kind="mean")).spec.source
    2
    """

    version: ClassVar[int] = 3

    def __init__(self, spec: ImputerSpec | None = None) -> None:
        self.spec = spec or ImputerSpec()
        self._width = 0

    def fit(
        self,
        source_x: ArrayLike,
        target_x: ArrayLike,
        plan: "Plan",
        *,
        seed: int = 0,
        device: str = "cpu",
        target_labels: ArrayLike | None = None,
    ) -> Self:
        """Learn from training cells coupled by a plan; GROOVE, section 4.2.

        Args:
            source_x: features predicted from, (n2, k2) if the direction is "2to1", else (n1, k1).
            target_x: features to predict, (n1, k1) if the direction is "2to1", else (n2, k2).
            plan: the plan of these training cells, always (n1, n2). Source cells to which it
                gives no mass are left out.
            seed: source of all randomness.
            device: a torch device, "cpu" or "cuda".
            target_labels: labels of the rows of `target_x`; the kinds "label-mean" and "label-cell"
                need them.

        Raises:
            ParameterError: shapes that do not fit, or labels missing.
            DataError: non-finite features.
        """
        training = self.couple(source_x, target_x, plan, target_labels)
        return self.adopt(_model(self.spec).fit(training, seed=seed, device=device), training)

    def couple(
        self,
        source_x: ArrayLike,
        target_x: ArrayLike,
        plan: "Plan",
        target_labels: ArrayLike | None = None,
    ) -> Training:
        """Check training cells and the plan that couples them; arguments and errors as of `fit`."""
        coupling = plan if self.spec.direction == "2to1" else plan.T
        source, target = _features(source_x, "source_x"), _features(target_x, "target_x")
        if tuple(coupling.shape) != (len(target), len(source)):
            raise ParameterError(
                f"imputer: the plan couples {coupling.shape[0]} target with {coupling.shape[1]} "
                f"source cells in direction {self.spec.direction!r}, the features have "
                f"{len(target)} and {len(source)} rows"
            )
        labels = None if target_labels is None else _labels(target_labels, len(target))
        return Training(source, target, coupling, labels)

    def adopt(self, model: Model, training: Training) -> Self:
        """Predict with a model that was fitted to this training set."""
        self._model = model
        self._width = training.source.shape[1]
        return self

    def predict(self, source_x: ArrayLike, labels: ArrayLike | None = None) -> Features:
        """Predict target features of new cells.

        Args:
            source_x: features predicted from, (n, k_source).
            labels: labels of these cells, for the kinds "label-mean" and "label-cell"; for a label
                without training targets these look at all targets.

        Returns:
            Predicted features, (n, k_target), float32.

        Raises:
            ParameterError: not fitted, another number of features, or labels missing.
            DataError: non-finite features.
        """
        source = _features(source_x, "source_x")
        if not self._width:
            raise ParameterError("imputer: call fit before predict")
        if source.shape[1] != self._width:
            raise ParameterError(
                f"imputer: source_x has {source.shape[1]} features; fitted on {self._width}"
            )
        if labels is not None:
            labels = _labels(labels, len(source))
        return self._model.predict(source, labels)


def _model(spec: ImputerSpec) -> Model:
    match spec.kind:
        case "mlp":
            from benchmark.imputation.network import Network  # torch takes seconds to import

            return Network(spec)
        case "ridge":
            return RidgeOnMeans()
        case "label-mean":
            return LabelMean()
        case "label-cell":
            return LabelCell()
        case "mean":
            return Mean()


def _features(values: ArrayLike, name: str) -> Features:
    array = np.asarray(values, dtype=np.float32)
    if array.ndim != 2 or 0 in array.shape:
        raise ParameterError(f"imputer: {name} has shape {array.shape}; need (cells, features)")
    if not np.isfinite(array).all():
        raise DataError(f"imputer: {name} holds NaN or infinite values")
    return array


def _labels(values: ArrayLike, n: int) -> NDArray[np.generic]:
    labels = np.asarray(values)
    if labels.shape != (n,):
        raise ParameterError(f"imputer: labels have shape {labels.shape}; need one for {n} cells")
    return labels

"""Controls that an imputation network has to beat."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.imputation.training import Features, Standardiser, Training
from weakpair.errors import ParameterError

PENALTIES = tuple(10.0**power for power in range(-2, 6))


class Mean:
    """Predicts the mean of all training targets."""

    def fit(self, training: Training, *, seed: int, device: str) -> Self:  # noqa: ARG002
        """Take the mean; plan, seed and device have no influence."""
        self._mean = training.target.mean(axis=0, dtype=np.float64).astype(np.float32)
        return self

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:  # noqa: ARG002
        """Repeat the mean for every row."""
        return np.tile(self._mean, (len(source), 1))


class LabelMean:
    """Predicts the mean of the training targets of the cell's label."""

    def fit(self, training: Training, *, seed: int, device: str) -> Self:
        """Take a mean per label and one over all; plan, seed and device have no influence."""
        labels = training.target_labels
        if labels is None:
            raise ParameterError("imputer: kind 'label-mean' needs target_labels in fit")
        self._all = Mean().fit(training, seed=seed, device=device)
        self._means = {
            label: training.target[labels == label].mean(axis=0, dtype=np.float64)
            for label in np.unique(labels)
        }
        return self

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:
        """Look up each row's label; one without training targets gets the mean of all."""
        if labels is None:
            raise ParameterError("imputer: kind 'label-mean' needs the cells' labels in predict")
        prediction, codes = self._all.predict(source, None), np.asarray(labels)
        for label, mean in self._means.items():
            prediction[codes == label] = mean
        return prediction


class LabelCell:
    """Predicts a training target of the cell's label, drawn at random for every cell.

    It knows how the cells of a label lie, and nothing of one of them. Of a label without training
    targets it draws among all: for a perturbation left out, cells of the other perturbations.
    """

    _target: Features
    _labels: NDArray[np.generic]
    _seed: int

    def fit(self, training: Training, *, seed: int, device: str) -> Self:  # noqa: ARG002
        """Keep targets and labels; plan and device have no influence."""
        if training.target_labels is None:
            raise ParameterError("imputer: kind 'label-cell' needs target_labels in fit")
        self._target, self._labels, self._seed = training.target, training.target_labels, seed
        return self

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:  # noqa: ARG002
        """Draw each row's target, label by label."""
        if labels is None:
            raise ParameterError("imputer: kind 'label-cell' needs the cells' labels in predict")
        codes, drawn = np.asarray(labels), np.random.default_rng(self._seed)
        rows = np.empty(len(codes), np.int64)
        for label in np.unique(codes):
            here, own = codes == label, np.flatnonzero(self._labels == label)
            rows[here] = drawn.choice(own if own.size else len(self._target), here.sum())
        return self._target[rows]


class RidgeOnMeans:
    """Ridge regression on the plan's weighted means, the penalty chosen by leave-one-out."""

    _input: Standardiser
    _ridge: Any

    def fit(self, training: Training, *, seed: int, device: str) -> Self:  # noqa: ARG002
        """Solve in closed form; there is no randomness, and it runs on the CPU.

        Raises:
            ParameterError: fewer than two source cells, so that none can be left out.
        """
        from sklearn.linear_model import RidgeCV

        source = training.source_features
        if len(source) < 2:
            raise ParameterError("imputer: kind 'ridge' needs two source cells with mass")
        self._input = Standardiser.fit(source)
        ridge = RidgeCV(alphas=PENALTIES)
        self._ridge = ridge.fit(self._input.apply(source), training.means())
        return self

    def predict(self, source: Features, labels: ArrayLike | None) -> Features:  # noqa: ARG002
        """Evaluate the linear map."""
        prediction: NDArray[Any] = self._ridge.predict(self._input.apply(source))
        return prediction.reshape(len(source), -1).astype(np.float32)

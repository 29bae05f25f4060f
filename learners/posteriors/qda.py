"""Posteriors of Gaussians with a covariance for each label."""

from dataclasses import dataclass

import numpy as np
from sklearn.covariance import ledoit_wolf

from learners.calibrated import calibrated
from learners.inputs import Codes
from learners.posteriors.base import Classifier, Floats, PosteriorLearner
from weakpair.errors import ParameterError

_LEAST = 1e-6  # of the mean variance; a label of one cell has no more

_FOUND = calibrated("qda")


class QDA(PosteriorLearner):
    """Quadratic discriminant scores: label posteriors of Gaussians with their own covariances.

    Coordinate l is the centred log posterior of label l (`Posteriors`). Covariances are shrunk by
    Ledoit and Wolf's rule, labels are equally likely. A further back end of propensity scores
    (Xi et al. 2024), which sees what covariances tell of a label; `lda` sees means alone.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: number of principal components at most.
        standardise: scale features to unit variance first.
    """

    def __init__(self, n_components: int = 10, standardise: bool = _FOUND["standardise"]) -> None:
        self.n_components = n_components
        self.standardise = standardise

    def _classifier(self, x: Floats, codes: Codes, seed: int) -> Classifier:  # noqa: ARG002
        if not len(x) > codes.max() + 1:
            raise ParameterError("QDA needs a label with two cells in each modality")
        pooled = x - np.stack([x[codes == label].mean(axis=0) for label in codes])
        least = _LEAST * float(np.square(pooled).mean()) or _LEAST
        return Gaussians.of([x[codes == label] for label in range(codes.max() + 1)], least)


@dataclass(frozen=True, eq=False)
class Gaussians:
    """A Gaussian per label: means (L, k), whitening maps (L, k, k), log determinants (L,)."""

    means: Floats
    whiten: Floats
    log_sizes: Floats

    @classmethod
    def of(cls, groups: list[Floats], least: float) -> "Gaussians":
        """The Gaussians of groups of cells; no variance is below `least`."""
        means = np.stack([group.mean(axis=0) for group in groups])
        whiten, sizes = [], []
        for group, mean in zip(groups, means, strict=True):
            covariance = np.zeros((group.shape[1],) * 2)
            if len(group) > 1:
                covariance = ledoit_wolf(group - mean, assume_centered=True)[0]
            values, vectors = np.linalg.eigh(covariance)
            values = np.maximum(values, least)
            whiten.append(vectors / np.sqrt(values))
            sizes.append(np.log(values).sum())
        return cls(means, np.stack(whiten), np.array(sizes))

    def log_posteriors(self, x: Floats) -> Floats:
        """Logarithms of the posteriors of equally likely labels, shape (n, L)."""
        units = np.einsum("lnk,lkd->lnd", x - self.means[:, None], self.whiten)
        logs = -0.5 * (np.square(units).sum(axis=2) + self.log_sizes[:, None]).T
        largest = logs.max(axis=1, keepdims=True)
        total = np.log(np.exp(logs - largest).sum(axis=1, keepdims=True))
        return np.asarray(logs - largest - total)

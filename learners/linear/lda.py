"""Linear discriminant scores: coordinates that mean the same labels in both modalities."""

import numpy as np

from learners.inputs import Codes, Features, Training, check_count, check_weight
from learners.linear.affine import Affine, AffineLearner, Map
from learners.linear.bounded import WIDTH, Bounded
from learners.linear.pca import Reduction, principal_map
from learners.linear.whitening import label_means, within_whitening
from weakpair.errors import ParameterError


class LDA(AffineLearner):
    """Linear discriminant scores, one per label, computed on principal components.

    With label means mu_l, pooled within-label covariance S and overall mean m, coordinate l of a
    cell is (x - m)' S⁻¹ (mu_l - m) - ½ (mu_l - m)' S⁻¹ (mu_l - m): the log-posterior of label l
    up to a constant of the cell, for equally likely labels. Coordinate l means the same label in
    both modalities, which makes latents comparable. Labels count alike whatever their shares,
    for shares that differ between modalities would shift one against the other.

    Args:
        n_components: number of principal components that S is computed in, at most.
        standardise: scale features to unit variance first.
    """

    def __init__(self, n_components: int = 10, standardise: bool = False) -> None:
        self.n_components = n_components
        self.standardise = standardise

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        return discriminant_scores(data, self._reduction(seed))

    def _reduction(self, seed: int) -> Reduction:
        return Reduction(self.n_components, standardise=self.standardise, seed=seed)


class BoundedLDA(LDA):
    """Linear discriminant scores that saturate: z = s·c·tanh(u / (s·c)).

    u are the scores of `LDA`, s the standard deviation of a coordinate over the training cells of
    its modality. An aligner's blur is relative to the largest cost, which a few outlying cells
    decide; bounded, they cannot. The order of the rows changes nothing, to the last bit.

    Args:
        n_components: number of principal components that S is computed in, at most.
        standardise: scale features to unit variance first.
        bound: c, where a coordinate saturates, in standard deviations.
    """

    def __init__(
        self, n_components: int = 10, standardise: bool = False, bound: float = WIDTH
    ) -> None:
        super().__init__(n_components, standardise)
        self.bound = bound

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_weight("bound", self.bound, positive=True)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        return bounded_scores(data.canonical(), self._reduction(seed), self.bound)


def bounded_scores(data: Training, reduction: Reduction, bound: float) -> tuple[Bounded, Bounded]:
    """The bounded discriminant scores of each modality; see `BoundedLDA`."""
    one, two = discriminant_scores(data, reduction)
    return Bounded.fitted(one, data.x1, bound), Bounded.fitted(two, data.x2, bound)


def discriminant_scores(data: Training, reduction: Reduction) -> tuple[Affine, Affine]:
    """The linear discriminant scores of each modality; see `LDA`.

    Raises:
        ParameterError: fewer than two labels, or no label with two different cells.
    """
    if data.n_labels < 2:
        raise ParameterError("LDA needs cells of at least two labels")

    def scores(x: Features, codes: Codes, name: str) -> Affine:
        components = principal_map(x, reduction, name)
        reduced = components.apply(x).astype(np.float64)
        means = label_means(reduced, codes)
        whiten = within_whitening(reduced, codes, name)
        centre = means.mean(axis=0)
        directions = (means - centre) @ whiten @ whiten.T
        norms = np.einsum("ld,ld->l", directions, means - centre)
        return components.then(directions.T, -centre @ directions.T - 0.5 * norms)

    return scores(data.x1, data.codes1, "x1"), scores(data.x2, data.codes2, "x2")

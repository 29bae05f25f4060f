"""Posteriors of a random forest."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from learners.calibrated import calibrated
from learners.inputs import Codes, check_count
from learners.posteriors.base import Classifier, Floats, PosteriorLearner

_FOUND = calibrated("forest")


class ForestPosteriors(PosteriorLearner):
    """Label posteriors of a random forest per modality, as semantic coordinates.

    Coordinate l is the centred log posterior of label l (`Posteriors`), the share of the trees'
    votes with half a vote added to each label. Supervised manifold alignments make proximities of
    such forests (MALI, Duque et al. 2022, arXiv 2210.12774; FoSTA, arXiv 2602.00974); here the
    posteriors themselves are the latents, a further back end of propensity scores (Xi et al. 2024).
    Training cells know their labels, and have sharper posteriors than test cells.

    Settings that no paper gives were found by a search (`learners.calibrated`).

    Args:
        n_components: number of principal components at most.
        standardise: scale features to unit variance first.
        trees: how many.
        min_leaf: cells in a leaf, at least.
    """

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = _FOUND["standardise"],
        trees: int = 200,
        min_leaf: int = _FOUND["min_leaf"],
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.trees = trees
        self.min_leaf = min_leaf

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("trees", self.trees)
        check_count("min_leaf", self.min_leaf)

    def _classifier(self, x: Floats, codes: Codes, seed: int) -> Classifier:
        forest = RandomForestClassifier(
            self.trees,
            min_samples_leaf=self.min_leaf,
            class_weight="balanced",
            random_state=seed,
            n_jobs=1,
        )
        return Votes(forest.fit(x, codes), self.trees)


@dataclass(frozen=True, eq=False)
class Votes:
    """A fitted forest."""

    forest: RandomForestClassifier
    trees: int

    def log_posteriors(self, x: Floats) -> Floats:
        """Logarithms of smoothed shares of votes, shape (n, labels)."""
        shares = np.asarray(self.forest.predict_proba(x), dtype=np.float64)
        votes = self.trees * shares + 0.5
        return np.asarray(np.log(votes / votes.sum(axis=1, keepdims=True)))

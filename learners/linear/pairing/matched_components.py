"""Components of both modalities, matched by their distributions under every label."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from learners.base import FitReport
from learners.inputs import Training, check_count, check_weight
from learners.linear.affine import AffineLearner, Map
from learners.linear.bounded import WIDTH
from learners.linear.pairing.canonical_maps import canonical_maps
from learners.linear.pairing.components import Components, assignment, likeness
from learners.linear.pairing.latent_pairing import MAX_CORRELATION, Canonical, Group, tempered
from learners.linear.pairing.pairing_search import View, residual_groups
from learners.linear.pca import Reduction
from learners.linear.whitening import whitened
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]


class MatchedComponents(AffineLearner):
    """Directions that behave alike under every label, found in each modality on its own.

    Made for cells that are disjoint: no cell has a partner, and the labels' distributions are all
    that ties the modalities together. Three steps:

    1. In each modality, whitened inside labels, a basis is found in which the covariances of all
       labels are diagonal: components whose variances the perturbations change independently
       (Pham & Cardoso 2001). Label means alone cannot do it, for as many labels as dimensions fit
       any map.
    2. Components are matched by their distributions under every label, as Sturma et al. (NeurIPS
       2023) match the components of unpaired domains: quantile functions, up to scale and sign.
       The match is soft, and a pair counts by likeness to the power of `sharpness`: private
       components, which are like none, drop out.
    3. The cross-covariance that follows is drawn to what tempered couplings of the cells inside
       labels say of it, `steps` times, and to its start by the share `anchor`.

    The latents are w · bounded(U'r), as of `em-cca`: canonical pairs, w² = ρ/(1 − ρ²).

    Components that change alike under every label cannot be told apart (the theory asks for
    diverse changes): with half of the dimensions private and two labels for each, this is so, and
    the result is hardly better than `lda-bounded`.

    The default of `anchor` and the last three were chosen on simulations that stand in no table.

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
        bound: where coordinates saturate, in standard deviations.
        softness: squared distance of profiles that makes little difference in matching them.
        sharpness: power of the likeness by which a pair of components counts.
        temperature: divides the log-odds of pairs of cells.
        anchor: share of the first cross-covariance in every later one, 0 to 1.
        steps: how often couplings of cells are asked; 0 leaves it with the components.
        max_cells: cells per label and modality that couplings look at; of larger labels a random
            part.
    """

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = False,
        bound: float = WIDTH,
        softness: float = 0.2,
        sharpness: float = 4.0,
        temperature: float = 2.0,
        anchor: float = 0.5,
        steps: int = 10,
        max_cells: int = 500,
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.bound = bound
        self.softness = softness
        self.sharpness = sharpness
        self.temperature = temperature
        self.anchor = anchor
        self.steps = steps
        self.max_cells = max_cells

    def _check_parameters(self) -> None:
        for name, least in (("n_components", 1), ("steps", 0), ("max_cells", 2)):
            check_count(name, getattr(self, name), least)
        for name in ("bound", "softness", "temperature"):
            check_weight(name, getattr(self, name), positive=True)
        check_weight("sharpness", self.sharpness)
        check_weight("anchor", self.anchor)
        if self.anchor > 1:
            raise ParameterError(f"anchor is {self.anchor}; it must be between 0 and 1")

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        if data.n_labels < 2:
            raise ParameterError("MatchedComponents needs cells of at least two labels")
        cells = data.canonical()
        reduction = Reduction(self.n_components, standardise=self.standardise, seed=seed)
        one = whitened(cells.x1, cells.codes1, reduction, "x1")
        two = whitened(cells.x2, cells.codes2, reduction, "x2")
        first = self._matched(Components.of(one, cells.codes1), Components.of(two, cells.codes2))
        rng = np.random.default_rng(seed)
        views = [
            View.of(side, codes).thinned(self.max_cells, rng)
            for side, codes in ((one, cells.codes1), (two, cells.codes2))
        ]
        model = Canonical.of(self._refined(first, residual_groups(*views)))
        return canonical_maps(model, (one, two), (cells.x1, cells.x2), self.bound)

    def _matched(self, one: Components, two: Components) -> Tensor:
        """The cross-covariance that the matched components make, (1, k1, k2)."""
        alike = likeness(one, two)
        share = assignment(alike, self.softness)
        counts = share * np.abs(alike).clip(0, MAX_CORRELATION) ** self.sharpness
        self.report_ = FitReport(facts={"matched": float(counts.sum())})
        return torch.from_numpy(one.mixing @ (counts * np.sign(alike)) @ two.mixing.T)[None]

    def _refined(self, first: Tensor, groups: list[Group]) -> Tensor:
        cross, columns = first, list[Tensor]()
        for _ in range(self.steps):
            found, columns = tempered(groups, Canonical.of(cross), self.temperature, columns)
            cross = self.anchor * first + (1 - self.anchor) * found
        return cross

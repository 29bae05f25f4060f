"""Probabilistic CCA inside labels, its pairing found by expectation–maximisation."""

import numpy as np
from numpy.typing import NDArray

from learners.base import FitReport
from learners.inputs import Training, check_count, check_weight
from learners.linear.affine import AffineLearner, Map
from learners.linear.bounded import WIDTH
from learners.linear.lda import bounded_scores
from learners.linear.pairing.canonical_maps import canonical_maps
from learners.linear.pairing.pairing_search import Found, View, search
from learners.linear.pca import Reduction
from learners.linear.whitening import whitened
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]


class EMCCA(AffineLearner):
    """Canonical directions of residuals inside labels, learned without knowing the pairs.

    If both modalities were measured on the *same* training cells, in unknown order, their residuals
    inside a label are two views of one point cloud, and the matching that explains them best can be
    found from the clouds alone. The evidence for such a matching has to exceed that on cells
    without partners, of two kinds in turn:

    - every residual of modality 2 is (a + b)/√2 of two residuals of its label, which keeps means
      and covariances;
    - the residuals of modality 2 are those of another label, which keeps the shape of each cloud.
      The model is Gaussian: where clouds are skewed, tied or long-tailed, as counts and cytometry
      are, a matching along one direction with ρ near 1 explains any two clouds of that shape, and
      the true pairs explain them worse.

    With a gap above `min_gap` over the largest of these nulls the latents are w · bounded(U'r),
    w² = ρ/(1 − ρ²); otherwise they are those of `lda-bounded`, and the nulls that would have come
    next are not computed.

    The gap is evidence, not proof: shared structure that neither null has can raise it on disjoint
    cells too. `gap_` and the branch taken stand in the fit's report as `gap`, `branch`, `evidence`
    and `evidence_null`.

    Time grows with the pairs of cells inside labels, the sum over labels of the square of their
    cells, and no further than `max_cells` of each: every one of the (1 + nulls) searches takes
    8 steps of `starts` models and 22 of the best three, and a step looks at all of these pairs.
    On one core, ten labels of 50, 100, 200 and 400 cells take 3, 3.4, 11 and 55 s, ten of 500 or
    more 100 s, and a seventh to a half of it where the pairing is not believed.

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
        bound: where coordinates saturate, in standard deviations.
        starts: number of starting points: a plan from LDA coordinates, a softer one, and that
            plan with random label weights.
        nulls: how many nulls there are, of both kinds in turn.
        min_gap: evidence above the largest null that is believed, in nats per cell.
        max_cells: cells per label and modality that the search looks at; of larger labels a random
            part, drawn on its own in each modality.
    """

    version = 3
    gap_: float

    def __init__(
        self,
        n_components: int = 10,
        standardise: bool = False,
        bound: float = WIDTH,
        starts: int = 20,
        nulls: int = 6,
        min_gap: float = 0.1,
        max_cells: int = 500,
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.bound = bound
        self.starts = starts
        self.nulls = nulls
        self.min_gap = min_gap
        self.max_cells = max_cells

    def _check_parameters(self) -> None:
        for name, least in (("n_components", 1), ("starts", 2), ("nulls", 1), ("max_cells", 2)):
            check_count(name, getattr(self, name), least)
        check_weight("bound", self.bound, positive=True)
        check_weight("min_gap", self.min_gap)

    def _learn(self, data: Training, seed: int) -> tuple[Map, Map]:
        if data.n_labels < 2:
            raise ParameterError("EMCCA needs cells of at least two labels")
        cells = data.canonical()
        reduction = Reduction(self.n_components, standardise=self.standardise, seed=seed)
        one = whitened(cells.x1, cells.codes1, reduction, "x1")
        two = whitened(cells.x2, cells.codes2, reduction, "x2")
        rng = np.random.default_rng(seed)
        view1 = View.of(one, cells.codes1).thinned(self.max_cells, rng)
        view2 = View.of(two, cells.codes2).thinned(self.max_cells, rng)
        found = search(view1, view2, width=self.bound, starts=self.starts, rng=rng)
        baseline = self._largest_null(view1, view2, found, rng)
        self.gap_ = found.evidence - baseline
        believed = self.gap_ > self.min_gap
        self.report_ = FitReport(
            facts={
                "branch": "em-cca" if believed else "lda-bounded",
                "gap": self.gap_,
                "evidence": found.evidence,
                "evidence_null": baseline,
            }
        )
        if not believed:
            return bounded_scores(cells, reduction, self.bound)
        return canonical_maps(found.model, (one, two), (cells.x1, cells.x2), self.bound)

    def _largest_null(self, one: View, two: View, found: Found, rng: np.random.Generator) -> float:
        """The largest evidence on cells without partners, or the first that refutes a pairing.

        These searches start from the model found, too: what explains cells without partners as well
        need not be found there a second time by chance.
        """
        largest = -np.inf
        for number in range(self.nulls):
            null = two.displaced(rng) if number % 2 else two.recombined(rng)
            other = search(
                one, null, width=self.bound, starts=self.starts, rng=rng, also=found.model
            )
            largest = max(largest, other.evidence)
            if found.evidence - largest <= self.min_gap:
                break
        return float(largest)

"""Base of learners that match distributions by descent."""

from typing import ClassVar

from learners.inputs import Training, check_count, check_weight
from learners.linear.affine import AffineLearner
from learners.linear.distributions.descent import Sides, prepared
from learners.linear.pca import Reduction
from weakpair.registry import Role


class DistributionLearner(AffineLearner):
    """Maps that a descent finds on some cells of each label, whitened inside labels.

    Args:
        n_components: number of principal components per modality, at most.
        standardise: scale features to unit variance first.
        steps: of the descent.
        lr: its first learning rate.
        max_cells: cells per label and modality that it looks at, drawn once.
    """

    role: ClassVar[Role] = "method"

    def __init__(
        self, n_components: int, standardise: bool, steps: int, lr: float, max_cells: int
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.steps = steps
        self.lr = lr
        self.max_cells = max_cells

    def _check_parameters(self) -> None:
        check_count("n_components", self.n_components)
        check_count("steps", self.steps)
        check_count("max_cells", self.max_cells, 2)
        check_weight("lr", self.lr, positive=True)

    def _sides(self, data: Training, seed: int) -> Sides:
        """Both modalities as the descent sees them."""
        reduction = Reduction(self.n_components, standardise=self.standardise, seed=seed)
        return prepared(data.canonical(), reduction, self.max_cells, seed)

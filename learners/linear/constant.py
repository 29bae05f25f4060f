"""No information: the same latent for every cell."""

import numpy as np

from learners.inputs import Features, Training
from learners.linear.affine import Affine, AffineLearner


class Constant(AffineLearner):
    """Maps every cell to the origin of one dimension.

    Whatever is read off it is known without looking at a cell: a probe's accuracy is the share of
    the training cells' most frequent label among the test cells.
    """

    def _check_parameters(self) -> None:
        """There are none."""

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:  # noqa: ARG002
        return _origin(data.x1), _origin(data.x2)


def _origin(x: Features) -> Affine:
    width = x.shape[1]
    return Affine.linear(np.zeros(width), np.zeros((width, 1)))

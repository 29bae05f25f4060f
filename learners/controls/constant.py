"""A control without information: the same latent for every cell."""

from typing import ClassVar

import numpy as np

from learners.inputs import Features, Training
from learners.linear.affine import Affine, AffineLearner
from weakpair.registry import Role


class Constant(AffineLearner):
    """Maps every cell to the origin of one dimension.

    Whatever is read off it is known without looking at a cell: a probe's accuracy is the share of
    the training cells' most frequent label among the test cells.
    """

    role: ClassVar[Role] = "control"
    needs_labels: ClassVar[bool] = False

    def _check_parameters(self) -> None:
        """Check nothing: there are no parameters."""

    def _learn(self, data: Training, seed: int) -> tuple[Affine, Affine]:  # noqa: ARG002
        return _origin(data.x1), _origin(data.x2)


def _origin(x: Features) -> Affine:
    width = x.shape[1]
    return Affine.linear(np.zeros(width), np.zeros((width, 1)))

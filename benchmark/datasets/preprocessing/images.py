"""Steps for images: pixels of a modality become features that nothing was trained for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from benchmark.datasets.base import Features
from benchmark.datasets.preprocessing.projection import Projected
from benchmark.datasets.preprocessing.steps import Fitted, Step
from weakpair.errors import ConfigError
from weakpair.images import CHANNELS, as_images

_ROWS = 512  # images per pass: bounds memory
_KERNEL = 5
_STRIDE = 2


@dataclass(frozen=True, eq=False)
class Convolved(Fitted):
    """Scores of pooled responses to fixed filters."""

    step: "ConvRandom"
    projected: Projected

    def apply(self, x: Features) -> Features:
        """Scores, shape (n, k) → (n, step.n)."""
        return self.projected.apply(self.step.responses(x))

    def rename(self, features: Sequence[str]) -> tuple[str, ...]:
        """Numbered names, from 1."""
        return tuple(f"conv-{name}" for name in self.projected.rename(features))


class ConvRandom(Step):
    """The first `n` principal components of the pooled responses to random filters.

    Frozen features for learners without an encoder of images. `filters` kernels of 5 × 5 pixels and
    three channels are drawn from one fixed seed; responses, cut off at 0, are pooled by their
    largest value in each cell of a `grid` × `grid` raster, so that small things of a rare colour
    count (random features: Rahimi & Recht 2007; untrained convolutions: Jarrett et al. 2009).
    Components are those of the training rows, by a randomised decomposition (Halko et al. 2011).
    """

    name: Literal["conv-random"] = "conv-random"
    n: int = Field(default=256, ge=1)
    filters: int = Field(default=64, ge=1)
    grid: int = Field(default=8, ge=1)

    def fit(self, x: Features) -> Convolved:
        """Principal components of the training images' responses.

        Raises:
            ParameterError: the features are no square images of three channels.
            ConfigError: there are fewer images, or responses, than components.
        """
        from sklearn.utils.extmath import randomized_svd

        found = self.responses(x)
        if self.n > min(found.shape):
            raise ConfigError(
                f"conv-random(n={self.n}): {len(x)} training images with {found.shape[1]} "
                f"responses allow n ≤ {min(found.shape)}"
            )
        mean = found.mean(axis=0, dtype=np.float64)
        # Exact directions of thousands of responses take minutes; the last ones matter little.
        _, _, directions = randomized_svd(found - mean.astype(np.float32), self.n, random_state=0)
        return Convolved(self, Projected("pc", mean, directions.T.astype(np.float64)))

    def responses(self, x: Features) -> NDArray[np.float32]:
        """Pooled responses, shape (n, k) → (n, filters · grid²)."""
        import torch
        from torch.nn.functional import adaptive_max_pool2d, conv2d

        rng = np.random.default_rng(0)
        drawn = rng.standard_normal((self.filters, CHANNELS, _KERNEL, _KERNEL), dtype=np.float32)
        kernels = torch.from_numpy(drawn / np.float32(_KERNEL))
        found = []
        for start in range(0, len(x), _ROWS):
            images = as_images(torch.tensor(x[start : start + _ROWS]))
            answers = conv2d(images, kernels, stride=_STRIDE, padding=_KERNEL // 2)
            found.append(adaptive_max_pool2d(answers.relu(), self.grid).flatten(1).numpy())
        return np.concatenate(found)

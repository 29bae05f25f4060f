"""Components of a modality: directions whose variances change with the label independently."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from learners.inputs import Codes
from learners.linear.pairing.joint_diagonal import joint_diagonaliser
from learners.linear.pairing.latent_pairing import coupling
from learners.linear.whitening import Whitened

Floats = NDArray[np.float64]

_QUANTILES = 20
_SWEEPS = 200


@dataclass(frozen=True, eq=False)
class Components:
    """Components in the whitened coordinates of a modality.

    Attributes:
        mixing: the direction along which each moves a cell, shape (k, d).
        profiles: quantiles of each component inside each label, shape (labels, quantiles, d), in
            units of its root mean square over all of them.
    """

    mixing: Floats
    profiles: Floats

    @classmethod
    def of(cls, cells: Whitened, codes: Codes) -> Self:
        """Find the components of training cells.

        Args:
            cells: a modality.
            codes: the label of each cell, shape (n,).
        """
        residuals = cells.residuals(codes)
        counts = np.bincount(codes)
        unmixing = joint_diagonaliser(_covariances(residuals, codes, counts), counts.astype(float))
        unmixing /= (residuals @ unmixing.T).std(axis=0)[:, None]
        scores = cells.cells @ unmixing.T
        at = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        profiles = np.stack(
            [np.quantile(scores[codes == label], at, axis=0) for label in range(len(counts))]
        )
        mixing = np.asarray(np.linalg.inv(unmixing), dtype=np.float64)
        return cls(mixing, profiles / np.sqrt(np.square(profiles).mean((0, 1))))


def _covariances(residuals: Floats, codes: Codes, counts: NDArray[np.int64]) -> Floats:
    """Covariances of the labels, (labels, k, k), drawn to the pooled one where cells are few."""
    k = residuals.shape[1]
    squares = [
        residuals[codes == label].T @ residuals[codes == label] for label in range(len(counts))
    ]
    pooled = np.sum(squares, axis=0) / len(residuals)
    return np.stack([(s + k * pooled) / (n + k) for s, n in zip(squares, counts, strict=True)])


def likeness(one: Components, two: Components) -> Floats:
    """Likeness of the profiles of any two components, (d1, d2), negative for mirrored ones.

    1 for the same distribution in every label, up to scale; 0 where nothing agrees. With p and q
    the profiles it is Σ pq over labels and quantiles, that is 1 − ½ Σ (p − q)², the second term
    being the squared 2-Wasserstein distance of the two in a label, mean over labels.
    """
    size = one.profiles.shape[0] * one.profiles.shape[1]
    straight = np.einsum("lqi,lqj->ij", one.profiles, two.profiles) / size
    # The quantiles of -z are those of z from behind.
    mirrored = np.einsum("lqi,lqj->ij", one.profiles, -two.profiles[:, ::-1]) / size
    return np.asarray(np.where(straight >= mirrored, straight, -mirrored))


def assignment(alike: Floats, softness: float) -> Floats:
    """Shares in which components go with each other, (d1, d2): one at most for each.

    Entropic transport of the squared distances of profiles, `softness` its regularisation: where
    two components are as alike, each gets a part, and what follows averages over them.

    Args:
        alike: as `likeness` gives it.
        softness: a squared distance that makes little difference.
    """
    logits = torch.from_numpy(-2 * (1 - np.abs(alike)) / softness)[None].float()
    plan = coupling(logits, sweeps=_SWEEPS).plans[0].double().numpy()
    return np.asarray(plan * min(alike.shape))

"""Loss functions: pure, differentiable, safe in float32."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Kernel = Literal["cosine", "tdist"]
Reduction = Literal["mean", "sum"]


def cosine_log_kernel(z1: Tensor, z2: Tensor, tau: float) -> Tensor:
    """Log of exp(cos(a, b) / tau) for all pairs, shape (n1, n2) (GROOVE, Eq. 7 and 8)."""
    one, two = (functional.normalize(z, dim=1, eps=1e-8) for z in (z1, z2))
    return one @ two.T / tau


def tdist_log_kernel(z1: Tensor, z2: Tensor, tau: float, eta: float = 1.0) -> Tensor:
    """Log of (1 + |a - b|² / (tau eta))^(-(eta + 1) / 2), shape (n1, n2) (GROOVE, Eq. 9)."""
    norms = z1.square().sum(1)[:, None] + z2.square().sum(1)
    squared = (norms - 2 * z1 @ z2.T).clamp(min=0)
    return -0.5 * (eta + 1) * torch.log1p(squared / (tau * eta))


KERNELS: dict[Kernel, Callable[[Tensor, Tensor, float], Tensor]] = {
    "cosine": cosine_log_kernel,
    "tdist": tdist_log_kernel,
}


def group_clip(
    z1: Tensor, t1: Tensor, z2: Tensor, t2: Tensor, kernel: Kernel = "cosine", tau: float = 0.2
) -> Tensor:
    """GroupCLIP (GROOVE, Eq. 3, 4 and 10).

    An anchor's positives are all samples of its label in the other modality, its candidates all
    samples of the other modality; the loss is the mean over anchors of minus the log of the
    share that positives have of the summed kernel, averaged over both modalities. With one
    sample per label and modality this is CLIP; with one label it is exactly 0.

    Args:
        z1: latents of modality 1, shape (n1, d).
        t1: integer labels, shape (n1,). Each must occur in `t2` too, else the loss is infinite.
        z2: latents of modality 2, shape (n2, d).
        t2: integer labels, shape (n2,), each occurring in `t1` too.
        kernel: "cosine" or "tdist" (one degree of freedom).
        tau: temperature, above 0.

    Returns:
        A scalar, at least 0.
    """
    logits = KERNELS[kernel](z1, z2, tau)
    positives = logits.masked_fill(t1[:, None] != t2, float("-inf"))
    one, two = ((logits.logsumexp(side) - positives.logsumexp(side)).mean() for side in (1, 0))
    return 0.5 * (one + two)


def reconstruction(x: Tensor, predicted: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Squared error averaged over samples, shapes (n, k).

    Args:
        x: the truth.
        predicted: what the decoder made of it.
        reduction: over features, "mean" (GROOVE, Algorithm 1) or "sum" (Eq. 1 and 2), which is k
            times as much.
    """
    error = functional.mse_loss(predicted, x)
    return error * x.shape[1] if reduction == "sum" else error


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(0, I)), summed over dimensions, averaged over samples."""
    terms = mean.square() + log_variance.exp() - 1 - log_variance
    return 0.5 * terms.sum(1).mean()


def gaussian_nll(x: Tensor, predicted: Tensor) -> Tensor:
    """-log N(x; predicted, I) up to a constant, summed over features, averaged over samples."""
    return 0.5 * (x - predicted).square().sum(1).mean()

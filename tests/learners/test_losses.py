"""The losses against literal transcriptions of their formulas."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from learners.neural.losses import (
    KERNELS,
    Kernel,
    gaussian_nll,
    group_clip,
    kl_to_standard_normal,
    reconstruction,
)

BOTH: list[Kernel] = ["cosine", "tdist"]


def similarity(a: NDArray[Any], b: NDArray[Any], kernel: Kernel, tau: float) -> float:
    """The summand of GROOVE's Eq. 3 (cosine, Eq. 7) or Eq. 10 (t-distribution, Eq. 9)."""
    if kernel == "cosine":
        cosine = float(a @ b) / (float(np.linalg.norm(a)) * float(np.linalg.norm(b)))
        return math.exp(cosine / tau)
    eta = 1.0
    squared = sum((p - q) ** 2 for p, q in zip(a, b, strict=True))
    return float((1 + squared / (tau * eta)) ** (-(eta + 1) / 2))


def literal_group_clip(
    z1: NDArray[Any], t1: list[int], z2: NDArray[Any], t2: list[int], kernel: Kernel, tau: float
) -> float:
    """Eq. 3 and 4, anchor by anchor and candidate by candidate."""
    total = 0.0
    for anchors, ta, others, to in ((z1, t1, z2, t2), (z2, t2, z1, t1)):
        losses = 0.0
        for i in range(len(anchors)):
            numerator = denominator = 0.0
            for j in range(len(others)):
                value = similarity(anchors[i], others[j], kernel, tau)
                denominator += value
                numerator += value if to[j] == ta[i] else 0.0
            losses += -math.log(numerator / denominator)
        total += 0.5 * losses / len(anchors)
    return total


def case(seed: int, n_labels: int, n1: int, n2: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n_labels)
    t1 = np.concatenate([labels, rng.integers(n_labels, size=n1)])
    t2 = np.concatenate([labels, rng.integers(n_labels, size=n2)])
    z1, z2 = rng.normal(size=(len(t1), 3)), rng.normal(size=(len(t2), 3))
    return torch.tensor(z1), torch.tensor(t1), torch.tensor(z2), torch.tensor(t2)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6),
    st.integers(1, 4),
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from(BOTH),
    st.floats(0.05, 2),
)
def test_group_clip_is_its_double_loop(
    seed: int, n_labels: int, n1: int, n2: int, kernel: Kernel, tau: float
) -> None:
    z1, t1, z2, t2 = case(seed, n_labels, n1, n2)
    expected = literal_group_clip(z1.numpy(), t1.tolist(), z2.numpy(), t2.tolist(), kernel, tau)
    assert float(group_clip(z1, t1, z2, t2, kernel, tau)) == pytest.approx(
        expected, rel=1e-8, abs=1e-10
    )


def test_one_pair_per_label_is_clip() -> None:
    z1, _, z2, _ = case(1, 6, 0, 0)
    t, tau = torch.arange(6), 0.2
    logits = normalize(z1, dim=1) @ normalize(z2, dim=1).T / tau
    clip = 0.5 * (cross_entropy(logits, t) + cross_entropy(logits.T, t))
    assert float(group_clip(z1, t, z2, t, "cosine", tau)) == pytest.approx(float(clip), rel=1e-12)


@pytest.mark.parametrize("kernel", BOTH)
def test_one_label_gives_exactly_zero(kernel: Kernel) -> None:
    z1, t1, z2, t2 = case(2, 1, 7, 4)
    assert float(group_clip(z1.float(), t1, z2.float(), t2, kernel)) == 0.0


@pytest.mark.parametrize("kernel", BOTH)
def test_group_clip_ignores_order_and_swaps_modalities(kernel: Kernel) -> None:
    z1, t1, z2, t2 = case(3, 3, 5, 2)
    order = torch.randperm(len(t2), generator=torch.Generator().manual_seed(0))
    loss = float(group_clip(z1, t1, z2, t2, kernel))
    assert float(group_clip(z1, t1, z2[order], t2[order], kernel)) == pytest.approx(loss)
    assert float(group_clip(z2, t2, z1, t1, kernel)) == pytest.approx(loss)


@pytest.mark.parametrize("kernel", BOTH)
@pytest.mark.parametrize("size", [0.0, 1e-6, 1.0, 1e4])
def test_group_clip_and_its_gradient_are_finite_at_any_scale(kernel: Kernel, size: float) -> None:
    z1, t1, z2, t2 = case(4, 3, 5, 5)
    one = (z1.float() * size).requires_grad_()
    loss = group_clip(one, t1, (z2 * size).float(), t2, kernel, tau=0.01)
    torch.autograd.backward(loss)
    assert one.grad is not None
    assert bool(torch.isfinite(loss))
    assert bool(torch.isfinite(one.grad).all())


def test_gradient_of_group_clip_is_that_of_finite_differences() -> None:
    z1, t1, z2, t2 = case(5, 2, 2, 2)
    for kernel in BOTH:
        one, two = z1.clone().requires_grad_(), z2.clone().requires_grad_()
        assert torch.autograd.gradcheck(
            lambda a, b, k=kernel: group_clip(a, t1, b, t2, k, 0.5), (one, two)
        )


def test_kernels_of_equal_points_are_at_their_maximum() -> None:
    z = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    assert torch.allclose(KERNELS["tdist"](z, z, 0.2).diag(), torch.zeros(2), atol=1e-5)
    assert torch.allclose(KERNELS["cosine"](z, z, 0.2).diag(), torch.full((2,), 5.0))


def test_reconstruction_means_and_sums() -> None:
    x = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    y = torch.tensor([[3.0, 0.0, 0.0], [1.0, 1.0, 4.0]])
    # Eq. 1: squared norm of each row, averaged over rows; Algorithm 1: averaged over all entries.
    assert float(reconstruction(x, y, "sum")) == pytest.approx(9.0)
    assert float(reconstruction(x, y, "mean")) == pytest.approx(3.0)


def test_gaussian_terms_are_those_of_torch_distributions() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, log_variance, x = (torch.randn(5, 3, generator=generator) for _ in range(3))
    posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    prior = torch.distributions.Normal(torch.zeros(3), torch.ones(3))
    kl = torch.distributions.kl_divergence(posterior, prior).sum(1).mean()
    assert float(kl_to_standard_normal(mean, log_variance)) == pytest.approx(float(kl), rel=1e-5)
    constant = 0.5 * 3 * math.log(2 * math.pi)
    density = torch.distributions.Normal(mean, 1.0).log_prob(x)  # type: ignore[no-untyped-call]
    nll = -density.sum(1).mean() - constant
    assert float(gaussian_nll(x, mean)) == pytest.approx(float(nll), rel=1e-5)

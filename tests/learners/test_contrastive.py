"""Contrastive losses against literal transcriptions of Ji et al.'s formulas."""

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

from learners.pairs.contrastive import (
    Candidates,
    Reduction,
    contrast,
    cross_cluster,
    in_batch,
    info_nce,
    inter,
    intra,
    log_others,
    sup_con,
    wcl,
)

Array = NDArray[Any]
TAU = 0.3
CASES = given(
    st.integers(0, 10**6),
    st.integers(2, 7),
    st.sampled_from(["others", "all"]),
    st.sampled_from(["sum", "mean"]),
)


def kernel(a: Array, b: Array) -> float:
    cosine = float(a @ b) / (float(np.linalg.norm(a)) * float(np.linalg.norm(b)))
    return math.exp(cosine / TAU)


def literal(
    v1: Array, v2: Array, positive: Any, left_out: Any, reduction: Reduction = "sum"
) -> float:
    """Both directions, anchor by anchor and positive by positive.

    `positive(m, i, j)` weighs candidate j of anchor i of modality m; `left_out(i, j)` is the
    candidate that the denominator of that term leaves out, or None.
    """
    total, size = 0.0, len(v1)
    for m, (anchors, others) in enumerate(((v1, v2), (v2, v1))):
        for i in range(size):
            weights = [float(positive(m, i, j)) for j in range(size)]
            scale = sum(weights) if reduction == "mean" else 1.0
            for j, weight in enumerate(weights):
                if weight == 0:
                    continue
                skipped = left_out(i, j)
                below = sum(kernel(anchors[i], others[k]) for k in range(size) if k != skipped)
                total -= weight / scale * math.log(kernel(anchors[i], others[j]) / below)
    return total / (2 * size)


def skips(candidates: Candidates, which: str) -> Any:
    """What the denominator leaves out: the positive j (Eq. 1, 3, 5, 6) or the partner i (Eq. 9)."""
    return lambda i, j: None if candidates == "all" else (j if which == "positive" else i)


def vectors(seed: int, size: int) -> tuple[Tensor, Tensor, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=(size, 3))), torch.tensor(rng.normal(size=(size, 3))), rng


def close(value: Tensor, expected: float) -> None:
    assert float(value) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@settings(deadline=None, max_examples=30)
@CASES
def test_info_nce_is_its_double_loop(
    seed: int, size: int, candidates: Candidates, reduction: Reduction
) -> None:
    v1, v2, _ = vectors(seed, size)
    expected = literal(
        v1.numpy(), v2.numpy(), lambda m, i, j: i == j, skips(candidates, "positive")
    )
    close(info_nce(v1, v2, TAU, candidates), expected)


@settings(deadline=None, max_examples=30)
@CASES
def test_sup_con_is_its_double_loop(
    seed: int, size: int, candidates: Candidates, reduction: Reduction
) -> None:
    v1, v2, rng = vectors(seed, size)
    t = rng.integers(3, size=size)
    expected = literal(
        v1.numpy(),
        v2.numpy(),
        lambda m, i, j: t[i] == t[j],
        skips(candidates, "positive"),
        reduction,
    )
    labels = torch.tensor(t)
    close(sup_con(v1, labels, v2, labels, TAU, candidates, reduction), expected)


@settings(deadline=None, max_examples=30)
@CASES
def test_clusters_are_those_of_the_other_modality(
    seed: int, size: int, candidates: Candidates, reduction: Reduction
) -> None:
    """WCL leaves each positive out of its denominator, L_inter the partner (Eq. 9)."""
    v1, v2, rng = vectors(seed, size)
    clusters = rng.integers(3, size=(2, size))
    c1, c2 = torch.tensor(clusters[0]), torch.tensor(clusters[1])

    def together(m: int, i: int, j: int) -> bool:
        other = clusters[1 - m]
        return bool(other[i] == other[j])

    for loss, which in ((wcl, "positive"), (inter, "partner")):
        expected = literal(v1.numpy(), v2.numpy(), together, skips(candidates, which), reduction)
        close(loss(v1, c1, v2, c2, TAU, candidates, reduction), expected)


@settings(deadline=None, max_examples=30)
@CASES
def test_intra_weighs_the_log_by_scores_normalised_in_the_batch(
    seed: int, size: int, candidates: Candidates, reduction: Reduction
) -> None:
    v1, v2, rng = vectors(seed, size)
    t = rng.integers(2, size=size)
    scores = rng.random((size, size)) * (t[:, None] == t)

    def weight(m: int, i: int, j: int) -> float:
        matrix = scores if m == 0 else scores.T
        return float(matrix[i, j] / matrix[i].sum())

    expected = literal(v1.numpy(), v2.numpy(), weight, skips(candidates, "positive"))
    m1, m2 = in_batch(torch.tensor(scores))
    close(intra(v1, v2, m1, m2, TAU, candidates), expected)


def test_row_sums_of_scores_are_one_or_nothing() -> None:
    m1, m2 = in_batch(torch.tensor([[1.0, 3.0], [0.0, 0.0]]))
    assert m1.tolist() == [[0.25, 0.75], [0.0, 0.0]]
    assert m2.tolist() == [[1.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize("candidates", ["others", "all"])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_one_pair_per_group_is_info_nce(candidates: Candidates, reduction: Reduction) -> None:
    v1, v2, _ = vectors(0, 6)
    own, eye = torch.arange(6), torch.eye(6, dtype=torch.float64)
    expected = float(info_nce(v1, v2, TAU, candidates))
    for loss in (sup_con, wcl, inter):
        close(loss(v1, own, v2, own, TAU, candidates, reduction), expected)
    close(intra(v1, v2, eye, eye, TAU, candidates), expected)


def test_info_nce_with_all_candidates_is_clip() -> None:
    v1, v2, _ = vectors(1, 5)
    logits, target = normalize(v1, dim=1) @ normalize(v2, dim=1).T / TAU, torch.arange(5)
    clip = 0.5 * (cross_entropy(logits, target) + cross_entropy(logits.T, target))
    close(info_nce(v1, v2, TAU, "all"), float(clip))


def test_equal_scores_in_a_label_are_sup_con() -> None:
    v1, v2, rng = vectors(2, 7)
    t = torch.tensor(rng.integers(2, size=7))
    m1, m2 = in_batch((t[:, None] == t).double())
    close(intra(v1, v2, m1, m2, TAU), float(sup_con(v1, t, v2, t, TAU, "others", "mean")))


def test_equal_vectors_have_the_losses_of_their_counts() -> None:
    """All cosines are equal: the log of the number of candidates remains."""
    v, t = torch.ones(6, 3), torch.tensor([0, 0, 0, 1, 1, 1])
    assert float(info_nce(v, v, TAU)) == pytest.approx(math.log(5))
    assert float(info_nce(v, v, TAU, "all")) == pytest.approx(math.log(6))
    assert float(sup_con(v, t, v, t, TAU, "others", "sum")) == pytest.approx(3 * math.log(5))
    assert float(inter(v, t, v, t, TAU, "others", "mean")) == pytest.approx(math.log(5))


def test_swapping_modalities_changes_nothing() -> None:
    v1, v2, rng = vectors(3, 6)
    c1, c2 = (torch.tensor(rng.integers(3, size=6)) for _ in range(2))
    for loss in (wcl, inter):
        close(loss(v1, c1, v2, c2, TAU), float(loss(v2, c2, v1, c1, TAU)))


def test_the_scores_reach_the_gradient() -> None:
    """Inside the log, as Eq. 6 is printed, they would only add a constant."""
    v1, v2, _ = vectors(4, 4)
    gradients = []
    for seed in (0, 1):
        scores = torch.tensor(np.random.default_rng(seed).random((4, 4)))
        v = v1.clone().requires_grad_()
        torch.autograd.backward(intra(v, v2, *in_batch(scores), TAU))
        assert v.grad is not None
        gradients.append(v.grad)
    assert not torch.allclose(gradients[0], gradients[1])


def test_a_dominant_candidate_loses_no_digits() -> None:
    """What is left beside the largest term is exact where subtracting in float32 would give 0."""
    logits = torch.tensor([[80.0, 1.0, 2.0], [0.0, 0.0, -90.0]])
    expected = [
        [math.log(math.exp(1) + math.exp(2)), 80.0, 80.0],
        [0.0, 0.0, math.log(2)],
    ]
    assert log_others(logits).tolist() == [pytest.approx(row, abs=1e-6) for row in expected]


@pytest.mark.parametrize("candidates", ["others", "all"])
@pytest.mark.parametrize("tau", [0.005, 0.2])
def test_gradients_are_finite_at_low_temperature(candidates: Candidates, tau: float) -> None:
    v = torch.eye(4, 3).requires_grad_()
    t = torch.tensor([0, 0, 1, 1])
    loss = sup_con(v, t, torch.eye(4, 3), t, tau, candidates) + inter(
        v, t, torch.eye(4, 3), t, tau, candidates
    )
    torch.autograd.backward(loss)
    assert v.grad is not None
    assert bool(torch.isfinite(v.grad).all())


def test_gradient_of_contrast_is_that_of_finite_differences() -> None:
    rng = np.random.default_rng(5)
    logits = torch.tensor(3 * rng.normal(size=(4, 4)), requires_grad=True)
    weights = torch.tensor(rng.random((4, 4)))
    assert torch.autograd.gradcheck(lambda x: contrast(x, weights), (logits,))


def test_xdc_is_cross_entropy_with_the_partners_clusters() -> None:
    logits1, logits2 = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(0))
    c1, c2 = torch.tensor([0, 1, 2, 1]), torch.tensor([2, 2, 0, 1])
    expected = 0.0
    for i in range(4):
        expected -= float(logits1[i].log_softmax(0)[c2[i]]) / 8
        expected -= float(logits2[i].log_softmax(0)[c1[i]]) / 8
    assert float(cross_cluster(logits1, c1, logits2, c2)) == pytest.approx(expected, rel=1e-5)

"""Contrastive losses of IPIC and of the methods it is compared with: pure and differentiable.

All work on a batch of B pairs: row i of modality 1 and row i of modality 2 are one pair. Formulas
are those of Ji et al. (Unpaired multimodal learning for biological datasets, 2026), section 2.2,
Eq. 6-10 and Appendix B. Two things are common to them. The indicators of numerators choose the
positives: terms that they switch off are left out rather than sent to log 0, and matching scores
weigh the log instead of standing inside it. And each loss is the mean over anchors and over both
directions.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from learners.neural.losses import cosine_log_kernel

Candidates = Literal["others", "all"]
"""Candidates of a positive: all samples but itself, as in the paper, or all."""

Reduction = Literal["sum", "mean"]
"""Reduction over an anchor's positives: a sum, as in the paper, or a mean."""


def log_others(logits: Tensor) -> Tensor:
    """Matrix of log Σ_{l ≠ j} exp(logits_il) for all (i, j), shape (n, m) with m of at least 2.

    Nothing is subtracted from a sum in which it dominates, so float32 keeps its digits.
    """
    largest = logits.argmax(1, keepdim=True)
    rest = logits.scatter(1, largest, float("-inf"))
    beside_largest = rest.logsumexp(1, keepdim=True)
    everything = torch.logaddexp(beside_largest, logits.gather(1, largest))
    without = everything + torch.log1p(-(rest - everything).exp())
    return without.scatter(1, largest, beside_largest)


def contrast(logits: Tensor, weights: Tensor, candidates: Candidates = "others") -> Tensor:
    """Σ_ij w_ij (log Σ_l exp(logits_il) - logits_ij) / n: one direction of all losses here.

    Args:
        logits: similarities over temperature, anchors in rows, shape (n, m).
        weights: of each candidate as a positive of each anchor, shape (n, m), at least 0.
        candidates: whether the sum leaves l = j out, "others", or not, "all".

    Returns:
        A scalar; it can be negative with "others".
    """
    total = log_others(logits) if candidates == "others" else logits.logsumexp(1, keepdim=True)
    return (weights * (total - logits)).sum() / len(logits)


def both_ways(
    v1: Tensor, v2: Tensor, w1: Tensor, w2: Tensor, tau: float, candidates: Candidates
) -> Tensor:
    """`contrast` of modality 1 with 2, weights w1 (B, B), and of 2 with 1, w2 (B, B), averaged."""
    logits = cosine_log_kernel(v1, v2, tau)
    return 0.5 * (contrast(logits, w1, candidates) + contrast(logits.T, w2, candidates))


def info_nce(v1: Tensor, v2: Tensor, tau: float, candidates: Candidates = "others") -> Tensor:
    """InfoNCE (Eq. 1 and 2) of vectors (B, d): the only positive is the anchor's partner."""
    logits = cosine_log_kernel(v1, v2, tau)
    if candidates == "all":
        target = torch.arange(len(v1), device=v1.device)
        return 0.5 * (cross_entropy(logits, target) + cross_entropy(logits.T, target))
    one, two = (without_partner(side) for side in (logits, logits.T))
    return 0.5 * (one + two).mean() - logits.diagonal().mean()


def without_partner(logits: Tensor) -> Tensor:
    """Vector of log Σ_{l ≠ i} exp(logits_il), shape (B,)."""
    mask = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return logits.masked_fill(mask, float("-inf")).logsumexp(1)


def sup_con(
    v1: Tensor,
    t1: Tensor,
    v2: Tensor,
    t2: Tensor,
    tau: float,
    candidates: Candidates = "others",
    reduction: Reduction = "sum",
) -> Tensor:
    """SupCon (Eq. 3): positives are all samples of the other modality with the anchor's label.

    Args:
        v1: vectors of modality 1, shape (B, d).
        t1: integer labels, shape (B,).
        v2: vectors of modality 2, shape (B, d).
        t2: integer labels, shape (B,).
        tau: temperature, above 0.
        candidates: see `contrast`.
        reduction: an anchor's positives are summed or averaged.
    """
    same = t1[:, None] == t2
    return both_ways(v1, v2, *_weights(same, same.T, v1, reduction), tau, candidates)


def wcl(
    v1: Tensor,
    c1: Tensor,
    v2: Tensor,
    c2: Tensor,
    tau: float,
    candidates: Candidates = "others",
    reduction: Reduction = "sum",
) -> Tensor:
    """Weakly supervised contrastive loss (Eq. 5 and Appendix B).

    An anchor's positives are the samples of the other modality in the cluster, of that other
    modality, in which its partner is. (Eq. 5 and Appendix B compare cluster numbers across the
    modalities, which mean nothing to each other; Appendix B's text, followed here, says that
    modality 1 takes modality 2's clusters as targets.)

    Args:
        v1: vectors of modality 1, shape (B, d).
        c1: clusters of modality 1, integers (B,).
        v2: vectors of modality 2, shape (B, d).
        c2: clusters of modality 2, integers (B,).
        tau: temperature, above 0.
        candidates: see `contrast`.
        reduction: an anchor's positives are summed or averaged.
    """
    one, two = c2[:, None] == c2, c1[:, None] == c1
    return both_ways(v1, v2, *_weights(one, two, v1, reduction), tau, candidates)


def in_batch(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Matching scores of a batch as weights m¹ and m² of both directions (Eq. 7).

    Args:
        scores: of row i of modality 1 with row k of modality 2, shape (B, B), 0 across labels.

    Returns:
        Both (B, B), anchors in rows, each row's sum 1; where a row has no score, it stays 0.
    """
    return _row_normalised(scores), _row_normalised(scores.T)


def intra(
    v1: Tensor,
    v2: Tensor,
    m1: Tensor,
    m2: Tensor,
    tau: float,
    candidates: Candidates = "others",
) -> Tensor:
    """IPIC's loss inside treatments (Eq. 6 and 8), weighed by matching scores.

    The scores weigh the log. Inside it, as printed, they would add a constant and leave nothing of
    the matching in the gradient.

    Args:
        v1: vectors of modality 1, shape (B, d).
        v2: vectors of modality 2, shape (B, d).
        m1: scores with anchors of modality 1 in rows, row sums 1; see `in_batch`.
        m2: the same with anchors of modality 2 in rows.
        tau: temperature, above 0.
        candidates: see `contrast`.
    """
    return both_ways(v1, v2, m1, m2, tau, candidates)


def inter(
    u1: Tensor,
    c1: Tensor,
    u2: Tensor,
    c2: Tensor,
    tau: float,
    candidates: Candidates = "others",
    reduction: Reduction = "sum",
) -> Tensor:
    """IPIC's loss across treatments (Eq. 9 and 10).

    An anchor's positives are the samples of the other modality in its partner's cluster, as in
    `wcl`. What the denominator leaves out is the partner, whatever the positive.

    Args:
        u1: vectors of modality 1, shape (B, d).
        c1: clusters of modality 1, integers (B,).
        u2: vectors of modality 2, shape (B, d).
        c2: clusters of modality 2, integers (B,).
        tau: temperature, above 0.
        candidates: "others" leaves the partner out of the denominator, "all" does not.
        reduction: an anchor's positives are summed or averaged.
    """
    logits = cosine_log_kernel(u1, u2, tau)
    w1, w2 = _weights(c2[:, None] == c2, c1[:, None] == c1, u1, reduction)
    return 0.5 * (_to_partner(logits, w1, candidates) + _to_partner(logits.T, w2, candidates))


def _to_partner(logits: Tensor, weights: Tensor, candidates: Candidates) -> Tensor:
    total = without_partner(logits) if candidates == "others" else logits.logsumexp(1)
    return (weights * (total[:, None] - logits)).sum() / len(logits)


def cross_cluster(logits1: Tensor, c1: Tensor, logits2: Tensor, c2: Tensor) -> Tensor:
    """XDC (Appendix B): each modality classifies its partner's cluster in the other modality.

    Args:
        logits1: of modality 1 for clusters of modality 2, shape (B, K).
        c1: clusters of modality 1, integers (B,).
        logits2: of modality 2 for clusters of modality 1, shape (B, K).
        c2: clusters of modality 2, integers (B,).
    """
    return 0.5 * (cross_entropy(logits1, c2) + cross_entropy(logits2, c1))


def _weights(one: Tensor, two: Tensor, like: Tensor, reduction: Reduction) -> tuple[Tensor, Tensor]:
    """Positives of both directions (B, B) as weights: each 1, or a row's positives 1 together."""
    w1, w2 = one.to(like.dtype), two.to(like.dtype)
    return (_row_normalised(w1), _row_normalised(w2)) if reduction == "mean" else (w1, w2)


def _row_normalised(weights: Tensor) -> Tensor:
    return weights / weights.sum(1, keepdim=True).clamp(min=1e-30)

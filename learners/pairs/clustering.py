"""Clusters of vectors on the device: k-means, and components of the nearest-neighbour graph."""

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from weakpair.errors import MethodError

_SWEEPS = 50


def k_means(x: Tensor, k: int, generator: torch.Generator, labels: Tensor | None = None) -> Tensor:
    """Lloyd's algorithm from k-means++ seeds, or from earlier labels.

    It runs for every mini-batch, hence here on the device rather than by scikit-learn on the CPU.

    Args:
        x: vectors, shape (n, d).
        k: number of clusters; at most n are made, and fewer where vectors coincide.
        generator: draws the seeds.
        labels: clusters (n,) whose means to start from, in place of seeds; numbers are kept, and
            those without vectors start from the overall mean.

    Returns:
        Clusters, integers in 0, …, k - 1, shape (n,).

    Raises:
        MethodError: vectors that are not finite.
    """
    x = x.detach()
    if not bool(x.isfinite().all()):
        raise MethodError("k-means was given vectors that are not finite")
    if labels is None:
        centres = _seeds(x, min(k, len(x)), generator)
    else:
        centres = _means(x, labels, x.mean(0).expand(k, -1))
    found = _nearest(x, centres)
    for _ in range(_SWEEPS):
        centres = _means(x, found, centres)
        previous, found = found, _nearest(x, centres)
        if torch.equal(previous, found):
            break
    return found


def _nearest(x: Tensor, centres: Tensor) -> Tensor:
    return (centres.square().sum(1) - 2 * x @ centres.T).argmin(1)


def _means(x: Tensor, labels: Tensor, otherwise: Tensor) -> Tensor:
    """Means of k clusters (k, d); an empty one takes its row of `otherwise` (k, d)."""
    member = one_hot(labels, len(otherwise)).to(x.dtype)
    counts = member.sum(0)[:, None]
    return torch.where(counts > 0, member.T @ x / counts.clamp(min=1), otherwise)


def _seeds(x: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """k-means++: each next seed is drawn with its squared distance to those before."""
    chosen = torch.randint(len(x), (1,), generator=generator, device=x.device)
    distance = (x - x[chosen]).square().sum(1)
    for _ in range(k - 1):
        odds = distance + (distance.sum() <= 0)  # all vectors are seeds already: any will do
        drawn = torch.multinomial(odds, 1, generator=generator)
        chosen = torch.cat([chosen, drawn])
        distance = torch.minimum(distance, (x - x[drawn]).square().sum(1))
    return x[chosen]


def components(x: Tensor) -> Tensor:
    """Connected components of the graph that joins each vector with its nearest by cosine.

    The clusters of weakly supervised contrastive learning (Zheng et al., 2021).

    Args:
        x: vectors, shape (n, d) with n of at least 2.

    Returns:
        Clusters, integers from 0, shape (n,); each has two vectors at least.
    """
    unit = normalize(x.detach(), dim=1, eps=1e-8)
    cosine = (unit @ unit.T).fill_diagonal_(float("-inf"))
    nearest = cosine.argmax(1).cpu().numpy()
    n = len(nearest)
    graph = csr_array((np.ones(n), (np.arange(n), nearest)), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    return torch.from_numpy(labels.astype(np.int64)).to(x.device)

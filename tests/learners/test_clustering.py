"""k-means and nearest-neighbour components."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from torch import Tensor

from learners.pairs.clustering import components, k_means
from weakpair.errors import MethodError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blobs(per: int = 10, spread: float = 0.1) -> tuple[Tensor, Tensor]:
    truth = torch.arange(3).repeat(per)
    centres = torch.tensor([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
    return centres[truth] + spread * torch.randn(3 * per, 2, generator=generator()), truth


def spread_inside(x: Tensor, labels: Tensor) -> float:
    groups = [x[labels == label] for label in np.unique(labels)]
    return sum(float((group - group.mean(0)).square().sum()) for group in groups)


def same_partition(one: Tensor, two: Tensor) -> bool:
    return torch.equal(one[:, None] == one, two[:, None] == two)


@pytest.mark.parametrize("seed", range(5))
def test_k_means_finds_what_is_apart(seed: int) -> None:
    x, truth = blobs()
    assert same_partition(k_means(x, 3, generator(seed)), truth)


def test_every_vector_is_nearest_to_the_mean_of_its_own_cluster() -> None:
    x = torch.randn(60, 4, generator=generator(1))
    labels = k_means(x, 5, generator(2))
    means = torch.stack([x[labels == k].mean(0) for k in range(5)])
    assert torch.equal(torch.cdist(x, means).argmin(1), labels)


def test_k_means_is_as_good_as_scikit_learns() -> None:
    x = torch.randn(100, 3, generator=generator(3))
    ours = min(spread_inside(x, k_means(x, 6, generator(seed))) for seed in range(10))
    theirs = KMeans(6, n_init=10, random_state=0).fit(x.numpy()).inertia_
    assert ours <= 1.05 * float(theirs)


def test_earlier_labels_keep_their_numbers() -> None:
    x, truth = blobs()
    renamed = torch.tensor([2, 0, 1])[truth]
    moved = x + torch.tensor([3.0, -1.0])
    wrong = renamed.clone()
    wrong[:2] = 0
    assert torch.equal(k_means(moved, 3, generator(), wrong), renamed)


def test_k_means_copes_with_equal_and_with_few_vectors() -> None:
    assert len(np.unique(k_means(torch.ones(7, 2), 3, generator()))) == 1
    assert sorted(k_means(torch.eye(3), 5, generator()).tolist()) == [0, 1, 2]
    found = k_means(torch.eye(3), 5, generator(), torch.tensor([4, 1, 1]))
    assert int(found[1]) == int(found[2])
    assert int(found[0]) != int(found[1])


def test_components_are_chains_of_nearest_neighbours() -> None:
    """Directions at these angles: 0-10-25 chain, 90-95 pair; lengths do not matter."""
    angles = np.deg2rad([0, 95, 10, 90, 25])
    x = torch.tensor(np.stack([np.cos(angles), np.sin(angles)], axis=1)).float()
    x = x * torch.tensor([1.0, 7.0, 0.1, 2.0, 50.0])[:, None]
    assert same_partition(components(x), torch.tensor([0, 1, 0, 1, 0]))


def test_components_pass_no_gradient() -> None:
    x = torch.randn(6, 2, generator=generator(4), requires_grad=True)
    assert not components(x).requires_grad
    assert not k_means(x, 2, generator()).requires_grad


def test_vectors_that_are_not_finite_are_refused() -> None:
    x, _ = blobs()
    x[3, 0] = float("nan")
    with pytest.raises(MethodError, match="k-means was given vectors that are not finite"):
        k_means(x, 3, generator())

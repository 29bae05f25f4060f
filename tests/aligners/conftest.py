"""Small problems that the tests of the aligners share."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from aligners.plan.plan import Plan


@dataclass(frozen=True)
class Small:
    """Two clustered point clouds of unequal sizes and label proportions."""

    x: NDArray[np.float64]
    t1: NDArray[np.str_]
    y: NDArray[np.float64]
    t2: NDArray[np.str_]

    @property
    def blocks(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        labels = np.unique(self.t1)
        return [(np.flatnonzero(self.t1 == k), np.flatnonzero(self.t2 == k)) for k in labels]


def make_small(seed: int = 0, sizes1: tuple[int, ...] = (14, 9, 6), width: int = 5) -> Small:
    generator = np.random.default_rng(seed)
    sizes2 = tuple(n + 3 - 2 * k for k, n in enumerate(sizes1))
    centres = generator.normal(size=(len(sizes1), width))
    names = np.array(["b", "control", "a", "d"])[: len(sizes1)]
    clouds = []
    for sizes in (sizes1, sizes2):
        codes = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
        clouds += [centres[codes] + generator.normal(size=(len(codes), width)), names[codes]]
    return Small(*clouds)


@pytest.fixture
def small() -> Small:
    return make_small()


def assert_marginals(plan: Plan, data: Small, tol: float) -> None:
    """Every block has its label's share as mass, uniform marginals, and nothing lies outside."""
    dense = plan.todense().astype(np.float64)
    inside = np.zeros(plan.shape, dtype=bool)
    for rows, cols in data.blocks:
        block, mass = dense[np.ix_(rows, cols)], len(rows) / len(data.x)
        inside[np.ix_(rows, cols)] = True
        assert abs(block.sum() - mass) < 1e-6
        assert np.abs(block.sum(1) - mass / len(rows)).sum() <= tol * mass + 1e-6
        assert np.abs(block.sum(0) - mass / len(cols)).sum() <= tol * mass + 1e-6
    assert (dense[~inside] == 0).all()

"""Unbalanced Gromov–Wasserstein on geodesics: cells may be left without partners."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

import aligners
from aligners.blockwise.quadratic import SCOTv2
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]


def spiral(n: int) -> Floats:
    """A curve that no rotation maps onto itself, denser at one end."""
    t = np.linspace(0.2, 1, n) ** 2 * 4
    return np.column_stack([t * np.cos(t), t * np.sin(t), 0.3 * t])


def test_cells_that_have_nothing_like_them_lose_mass() -> None:
    """Ten cells that only one modality has lie far from all others."""
    x = spiral(20)
    alone = 12 + 0.1 * np.arange(10)[:, None] * np.ones(3)
    y = np.concatenate([x, alone])
    one, two = (cdist(z, z) / cdist(y, y).max() for z in (x, y))
    shares = []
    for weight in (0.02, 100.0):
        columns = SCOTv2(marginal_weight=weight)._couple(one, two).weights.sum(axis=0)
        shares.append(float(columns[20:].sum() / columns.sum()))
    assert shares[1] == pytest.approx(1 / 3, abs=0.02)
    assert shares[0] < 0.7 * shares[1]


@pytest.mark.parametrize(
    ("params", "why"),
    [({"marginal_weight": 0.0}, "marginal_weight"), ({"max_iter": 0}, "max_iter"), ({"k": 0}, "k")],
)
def test_parameters_out_of_range_are_refused(params: dict[str, float], why: str) -> None:
    x, labels = spiral(12), ["a"] * 12
    with pytest.raises(ParameterError, match=f"{why} is 0"):
        aligners.get("scot-v2", **params).align(x, labels, x, labels)

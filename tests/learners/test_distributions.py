"""Learners that match the distributions of labels; cells are disjoint, no partner is seen."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import learners
from learners.linear.distributions.descent import Groups, discrepancy, energy
from learners.linear.distributions.isca import orthonormal
from weakpair.errors import ParameterError

Floats = NDArray[np.float64]
ALL = ("ddm", "isca", "mmd-ma")
EACH, WIDTH = 40, 4
LABELS = np.repeat([f"t{n}" for n in range(8)], EACH)
RNG = np.random.default_rng(0)
MEANS = RNG.normal(size=(8, WIDTH)) * 1.5
SIZES = np.exp(RNG.normal(size=(8, WIDTH)) * 0.7)
TURNS = [np.linalg.qr(RNG.normal(size=(6, WIDTH)))[0] for _ in range(2)]


def latents(seed: int) -> Floats:
    """Latents whose means and variances the label changes; skewed."""
    rng = np.random.default_rng(seed)
    drawn = rng.gamma(1.0, size=(len(LABELS), WIDTH)) - 1
    return np.asarray(MEANS.repeat(EACH, axis=0) + drawn * SIZES.repeat(EACH, axis=0))


def nearer(name: str, **params: Any) -> float:
    """Share of a label's cells that lie nearer than the partner, of new cells; half by chance."""
    learner = learners.get(name, **params)
    learner.fit(latents(1) @ TURNS[0].T, LABELS, latents(2) @ TURNS[1].T, LABELS, seed=0)
    new = latents(3)
    z1, z2 = (
        learner.transform(new @ TURNS[m - 1].T, 1 if m == 1 else 2).astype(np.float64)
        for m in (1, 2)
    )
    apart = np.square(z1[:, None] - z2).sum(axis=2)
    own = LABELS[:, None] == LABELS
    closer = (apart < apart.diagonal()[:, None]) & own
    return float((closer.sum(axis=1) / own.sum(axis=1)).mean())


@pytest.mark.parametrize(
    "name",
    [name if name == "isca" else pytest.param(name, marks=pytest.mark.slow) for name in ALL],
)
def test_partners_are_found_that_no_cell_had(name: str) -> None:
    own = {"isca": {"shared": WIDTH, "starts": 1}, "mmd-ma": {"dim": WIDTH}}
    assert nearer(name, steps=150, **own.get(name, {})) < 0.05
    assert nearer("lda") > 0.05
    assert nearer("pca", dim=WIDTH) > 0.1


@pytest.mark.parametrize("name", ALL)
def test_the_loss_falls_and_is_reported(name: str) -> None:
    learner = learners.get(name, steps=20)
    learner.fit(latents(1), LABELS, latents(2), LABELS)
    curve = learner.report_.curve["loss"]
    assert len(curve) == 20
    assert curve[-1] < curve[0]


def test_isca_takes_the_best_of_its_starts() -> None:
    learner = learners.get("isca", shared=2, starts=3, steps=20).fit(
        latents(1), LABELS, latents(2), LABELS
    )
    ends = [learner.report_.facts[f"loss_{number}"] for number in range(3)]
    assert learner.report_.curve["loss"][-1] == min(ends)


def test_distances_of_distributions_are_nought_for_one_and_grow_with_a_shift() -> None:
    x = torch.as_tensor(RNG.normal(size=(50, 3)))
    assert float(energy(Groups.of([x]), Groups.of([x]))) == pytest.approx(0, abs=1e-5)
    assert float(discrepancy(Groups.of([x]), Groups.of([x]), 1.0)) == pytest.approx(0, abs=1e-12)
    for measure in (energy, lambda one, two: discrepancy(one, two, 1.0)):
        shifted = [Groups.of([x + shift]) for shift in (0.1, 0.5, 2.0)]
        values = [float(measure(Groups.of([x]), other)) for other in shifted]
        assert values == sorted(values)
        assert values[0] > 0


def test_the_energy_distance_is_its_definition() -> None:
    x, y = RNG.normal(size=(5, 2)), RNG.normal(size=(4, 2))

    def mean(a: Floats, b: Floats) -> float:
        return float(np.linalg.norm(a[:, None] - b, axis=2).mean())

    wanted = 2 * mean(x, y) - mean(x, x) - mean(y, y)
    found = float(energy(Groups.of([torch.as_tensor(x)]), Groups.of([torch.as_tensor(y)])))
    assert found == pytest.approx(wanted, abs=1e-5)


def test_labels_of_unlike_sizes_count_alike_whatever_they_are_filled_up_with() -> None:
    sizes = (7, 2, 4)
    first, second = ([torch.as_tensor(RNG.normal(size=(n, 3))) for n in sizes] for _ in range(2))
    for measure in (energy, lambda one, two: discrepancy(one, two, 1.0)):
        alone = [
            float(measure(Groups.of([x]), Groups.of([y])))
            for x, y in zip(first, second, strict=True)
        ]
        together = float(measure(Groups.of(first), Groups.of(second)))
        assert together == pytest.approx(np.mean(alone), abs=1e-12)
    groups = Groups.of(first)
    torch.testing.assert_close(groups.means, torch.stack([x.mean(0) for x in first]))
    torch.testing.assert_close(groups.flat, torch.cat(first))


def test_projections_are_orthonormal() -> None:
    q = orthonormal(torch.as_tensor(RNG.normal(size=(5, 3))))
    np.testing.assert_allclose((q.T @ q).numpy(), np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "params", "why"),
    [
        ("ddm", {"cycle": -1.0}, "cycle"),
        ("ddm", {"steps": 0}, "steps"),
        ("isca", {"per_label": "yes"}, "per_label"),
        ("isca", {"starts": 0}, "starts"),
        ("mmd-ma", {"width": 0.0}, "width"),
    ],
)
def test_parameters_out_of_range_are_refused(name: str, params: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        learners.get(name, **params).fit(latents(1), LABELS, latents(2), LABELS)

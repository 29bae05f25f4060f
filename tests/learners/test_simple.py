"""The strong simple learners: bounded discriminant scores, and CCA with a latent pairing."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from learners.base import Learner
from learners.conformance.toys import Toy, toy
from learners.linear.affine import AffineLearner
from learners.linear.bounded import Bounded
from learners.linear.lda import LDA, BoundedLDA
from learners.linear.pairing.em_cca import EMCCA
from learners.linear.pairing.latent_pairing import (
    MAX_CORRELATION,
    Canonical,
    Group,
    coupling,
    expect,
    log_odds,
)
from learners.linear.pairing.pairing_search import View, search
from learners.linear.pca import Reduction
from learners.linear.whitening import whitened
from weakpair.errors import ParameterError

LABELS, CELLS, FEATURES = 3, 60, 6
CODES = np.repeat(np.arange(LABELS), CELLS)


def views(*, same: bool, seed: int = 0) -> Toy:
    """Two noisy rotations of one point cloud per label, or of two clouds of the same law."""
    rng = np.random.default_rng(seed)
    means = rng.normal(0, 3, (LABELS, FEATURES))
    cloud = means[CODES] + rng.normal(size=(len(CODES), FEATURES))
    other = cloud if same else means[CODES] + rng.normal(size=(len(CODES), FEATURES))
    one = (cloud + 0.15 * rng.normal(size=cloud.shape)) @ rng.normal(size=(FEATURES, 20))
    two = (other + 0.15 * rng.normal(size=cloud.shape)) @ rng.normal(size=(FEATURES, 12))
    labels = CODES.astype(np.str_)
    return Toy(one.astype(np.float32), labels, two.astype(np.float32), labels)


def fit(learner: Learner, data: Toy) -> Learner:
    return learner.fit(data.x1, data.t1, data.x2, data.t2)


def true_partner_is_nearest(learner: Learner, data: Toy) -> float:
    """Share of cells whose own second view is the nearest one of their label."""
    z1, z2 = learner.transform(data.x1, 1), learner.transform(data.x2, 2)
    hits = 0
    for label in range(LABELS):
        rows = np.flatnonzero(label == CODES)
        # A label's offset between the modalities is no business of a plan inside labels.
        a, b = z1[rows] - z1[rows].mean(0), z2[rows] - z2[rows].mean(0)
        hits += int((np.square(a[:, None] - b).sum(2).argmin(1) == np.arange(len(rows))).sum())
    return hits / len(data.t1)


@pytest.mark.parametrize("learner", [BoundedLDA(), EMCCA(n_components=6)], ids=repr)
@pytest.mark.parametrize("same", [True, False])
def test_the_order_of_training_rows_changes_no_bit(learner: AffineLearner, same: bool) -> None:
    data = views(same=same)
    fit(learner, data)
    before = [learner.transform(x, m).tobytes() for x, m in ((data.x1, 1), (data.x2, 2))]  # type: ignore[arg-type]
    rng = np.random.default_rng(5)
    one, two = rng.permutation(len(data.t1)), rng.permutation(len(data.t2))
    fit(learner, Toy(data.x1[one], data.t1[one], data.x2[two], data.t2[two]))
    after = [learner.transform(x, m).tobytes() for x, m in ((data.x1, 1), (data.x2, 2))]  # type: ignore[arg-type]
    assert before == after


def test_bounded_scores_are_the_scores_near_zero_and_saturate_far_out() -> None:
    data = toy()
    u = fit(LDA(5), data).transform(data.x1, 1)
    bounded = BoundedLDA(5, bound=2.0)
    z = fit(bounded, data).transform(data.x1, 1)
    limit = 2 * u.std(axis=0)
    assert z == pytest.approx(limit * np.tanh(u / limit), rel=1e-4, abs=1e-4)
    far = bounded.transform(1e6 * data.x1, 1)
    assert np.abs(far) == pytest.approx(np.broadcast_to(limit, far.shape), rel=1e-4)
    wide = fit(BoundedLDA(5, bound=1e5), data).transform(data.x1, 1)
    assert wide == pytest.approx(u, rel=1e-3, abs=1e-3)


def test_a_constant_coordinate_stays_zero() -> None:
    data = toy()
    affine = fit(LDA(5), data).maps_[0]  # type: ignore[attr-defined]
    still = affine.then(np.zeros((affine.weights.shape[1], 2)), np.zeros(2))
    assert Bounded.fitted(still, data.x1).apply(data.x1).tolist() == [[0.0, 0.0]] * len(data.x1)


@pytest.mark.parametrize("rho", [0.1, 0.6, 0.95])
def test_weighted_distances_are_the_log_odds_of_a_pair(rho: float) -> None:
    """Up to terms of one cell alone, which no plan with fixed marginals can see."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=7), rng.normal(size=5)
    joint = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    ratio = joint.logpdf(np.stack(np.meshgrid(a, b, indexing="ij"), axis=-1))
    model = Canonical.of(torch.tensor([[[rho]]], dtype=torch.float64))
    w = float(model.weights[0, 0])
    ours = log_odds(*(torch.tensor(w * x)[None, :, None] for x in (a, b)))[0].numpy()
    assert centred(ours) == pytest.approx(centred(np.asarray(ratio)), abs=1e-9)


def centred(x: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(x - x.mean(0) - x.mean(1, keepdims=True) + x.mean())


def test_a_coupling_has_uniform_marginals_and_its_potentials_give_its_divergence() -> None:
    logits = 3 * torch.randn(4, 9, 7, generator=torch.Generator().manual_seed(0)).double()
    plans, potentials, _ = coupling(logits.clone(), sweeps=200)
    assert plans.sum(2).numpy() == pytest.approx(np.full((4, 9), 1 / 9), abs=1e-10)
    assert plans.sum(1).numpy() == pytest.approx(np.full((4, 7), 1 / 7), abs=1e-10)
    divergence = (plans * (plans * 63).log()).sum((1, 2))
    assert (potentials + (plans * logits).sum((1, 2))).numpy() == pytest.approx(divergence.numpy())


def test_the_evidence_is_the_expected_log_ratio_less_the_divergence() -> None:
    rng = np.random.default_rng(1)
    groups = [
        Group(torch.tensor(rng.normal(size=(n, 3))), torch.tensor(rng.normal(size=(m, 2))), share)
        for n, m, share in ((8, 6, 0.25), (5, 9, 0.75))
    ]
    groups = [Group(g.r1.float(), g.r2.float(), g.share) for g in groups]
    model = Canonical.of(torch.tensor(rng.normal(size=(1, 3, 2)) / 3))
    found = expect(groups, model)
    rho = model.rho[0]
    cross, divergence = torch.zeros(3, 2, dtype=torch.float64), 0.0
    for g in groups:
        w = model.weights[0]
        a, b = ((g.r1 @ (w * model.u[0]).float()), (g.r2 @ (w * model.v[0]).float()))
        plan = coupling(log_odds(a[None], b[None]))[0][0].double()
        divergence += g.share * float((plan * (plan * plan.numel()).log()).sum())
        cross += g.share * (g.r1.double().T @ plan @ g.r2.double())
    gains = (rho * torch.diagonal(model.u[0].T @ cross @ model.v[0]) - rho**2) / (1 - rho**2)
    evidence = float((gains - (1 - rho**2).log() / 2).sum()) - divergence
    assert found.cross[0].numpy() == pytest.approx(cross.numpy(), abs=1e-6)
    # Our columns are uniform to a few per cent after the fixed number of sweeps.
    assert float(found.evidence[0]) == pytest.approx(evidence, abs=0.02)


def test_kept_potentials_make_up_for_few_iterations() -> None:
    """Without them a sharp model's columns stay far from uniform, which passes for evidence."""
    one, two = (the_view(views(same=True), m) for m in (1, 2))
    groups = [
        Group(r1, r2, 1 / LABELS)
        for r1, r2 in zip(one.blocks(one.residuals), two.blocks(two.residuals), strict=True)
    ]
    turned = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1))).Q
    model = Canonical.of(0.98 * turned.double()[None])
    alone = float(expect(groups, model).evidence)
    step = expect(groups, model)
    for _ in range(300):
        step = expect(groups, model, step)
    exact = float(expect(groups, model, step).evidence)
    near = expect(groups, model)
    for _ in range(6):
        near = expect(groups, model, near)
    assert abs(float(near.evidence) - exact) < 0.25 * abs(alone - exact)


def test_correlations_are_capped() -> None:
    model = Canonical.of(torch.eye(2, dtype=torch.float64)[None])
    assert model.rho.tolist() == [[MAX_CORRELATION] * 2]


def the_view(data: Toy, modality: int) -> View:
    x = (data.x1, data.x2)[modality - 1]
    return View.of(
        whitened(x, CODES, Reduction(6, standardise=False, seed=0), f"x{modality}"), CODES
    )


def test_recombined_cells_keep_means_and_covariance_and_lose_identity() -> None:
    one, two = the_view(views(same=True), 1), the_view(views(same=True), 2)
    rng = np.random.default_rng(0)
    null = two.recombined(rng)
    pooled = null.residuals.T @ null.residuals / (len(null.codes) - LABELS)
    assert pooled == pytest.approx(np.eye(pooled.shape[0]), abs=1e-9)
    for label in range(LABELS):
        mean = null.residuals[null.codes == label].mean(0)
        assert mean == pytest.approx(np.zeros(len(mean)), abs=1e-9)
    found, without = (
        search(one, other, width=2.0, starts=20, rng=rng).evidence for other in (two, null)
    )
    assert found > without + 0.5


def test_the_same_cells_are_matched_without_knowing_the_pairs() -> None:
    data = views(same=True)
    learner = EMCCA(n_components=6)
    assert true_partner_is_nearest(fit(learner, data), data) > 0.9
    assert learner.report_.facts["branch"] == "em-cca"
    assert learner.report_.facts["gap"] == learner.gap_ > learner.min_gap
    assert true_partner_is_nearest(fit(BoundedLDA(6), data), data) < 0.5


def test_without_evidence_the_latents_are_those_of_bounded_lda() -> None:
    data = views(same=False)
    learner = EMCCA(n_components=6, min_gap=50.0)
    z = fit(learner, data).transform(data.x1, 1)
    assert learner.report_.facts["branch"] == "lda-bounded"
    assert np.array_equal(z, fit(BoundedLDA(6), data).transform(data.x1, 1))


def test_disjoint_cells_show_less_evidence() -> None:
    gaps = {same: fit(EMCCA(6), views(same=same)).gap_ for same in (True, False)}  # type: ignore[attr-defined]
    assert gaps[True] > 5 * max(gaps[False], 0.1)


def shapes(seed: int) -> Toy:
    """Two clusters in either modality, in unrelated cells; labels shift both in common."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(6), 60)
    shift = 0.3 * rng.normal(size=6)[codes]

    def side(width: int) -> NDArray[np.float32]:
        x = rng.normal(size=(len(codes), width))
        x[:, 0] = 2 * (rng.random(len(codes)) < 0.4) + 0.05 * rng.normal(size=len(codes)) + shift
        return x.astype(np.float32)

    labels = np.array([f"p{code}" for code in codes])
    return Toy(side(5), labels, side(6), labels)


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_a_shape_that_both_modalities_have_is_no_pairing(seed: int) -> None:
    """Cells of other labels match as well; against mixed cells alone it would be believed."""
    data = shapes(seed)
    reduction = Reduction(6, standardise=False, seed=0)
    codes = np.unique(data.t1, return_inverse=True)[1]
    one, two = (View.of(whitened(x, codes, reduction, "x"), codes) for x in (data.x1, data.x2))
    rng = np.random.default_rng(0)
    found, mixed, others = (
        search(one, view, width=2.0, starts=20, rng=rng).evidence
        for view in (two, two.recombined(rng), two.displaced(rng))
    )
    assert found > mixed + 0.05
    assert found < others + 0.05
    learner = EMCCA(n_components=6, min_gap=0.05)
    fit(learner, data)
    assert learner.report_.facts["branch"] == "lda-bounded"


def test_displaced_residuals_go_to_another_label_whole() -> None:
    view = the_view(views(same=True), 2)
    moved = view.displaced(np.random.default_rng(0))
    assert (moved.codes != view.codes).all()
    assert len(set(zip(view.codes.tolist(), moved.codes.tolist(), strict=True))) == LABELS
    assert moved.residuals is view.residuals


def test_large_labels_are_thinned_for_the_search_only() -> None:
    data = views(same=True)
    view = the_view(data, 1).thinned(20, np.random.default_rng(0))
    assert np.bincount(view.codes).tolist() == [20] * LABELS
    z = fit(EMCCA(n_components=6, max_cells=20), data).transform(data.x1, 1)
    assert len(z) == len(data.x1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"starts": 1}, "starts is 1; it must be a whole number, at least 2"),
        ({"bound": 0}, "bound is 0; it must be a number above 0"),
        ({"min_gap": -1.0}, "min_gap is -1.0; it must be a number at least 0"),
    ],
)
def test_wrong_parameters_are_named(params: dict[str, float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        fit(EMCCA(**params), toy())  # type: ignore[arg-type]

"""Laws of controls and oracles: what they know, and what they cannot know."""

import numpy as np
import pytest
from numpy.typing import NDArray

import learners
from learners.controls.paired_cca import PairedCCA
from learners.controls.permuted import PermutedLDA
from learners.linear.lda import LDA
from weakpair.errors import ParameterError

CELLS, LABELS = 600, 3
RHO = 0.8


def screen(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Paired cells: one latent common to both modalities, of correlation RHO, turned at random."""
    rng = np.random.default_rng(seed)
    t = np.arange(CELLS) % LABELS
    shared, noise = rng.normal(size=(CELLS, 1)), rng.normal(size=(2, CELLS, 4))
    views = []
    for own in noise:
        u = np.hstack([np.sqrt(RHO) * shared + np.sqrt(1 - RHO) * own[:, :1], own[:, 1:]])
        views.append((u + 0.5 * rng.normal(size=(LABELS, 4))[t]) @ rng.normal(size=(4, 4)))
    return views[0], t, views[1]


def share_nearer(z1: NDArray[np.float32], z2: NDArray[np.float32], t: NDArray[np.int64]) -> float:
    """Share of a cell's label that is nearer to it than its partner; chance is one half.

    Latents are centred inside labels, as plans inside labels take no notice of such shifts.
    """
    shares = []
    for label in range(LABELS):
        a, b = (z[t == label] - z[t == label].mean(axis=0) for z in (z1, z2))
        distance = np.square(a[:, None] - b[None]).sum(axis=2)
        shares.append((distance < np.diag(distance)[:, None]).mean())
    return float(np.mean(shares))


def test_paired_cca_finds_the_correlation_that_there_is() -> None:
    x1, t, x2 = screen()
    order = np.random.default_rng(1).permutation(CELLS)
    fitted = PairedCCA().fit(x1, t, x2[order], t[order], pairs=(order, np.arange(CELLS)))
    assert fitted.correlations_[0] == pytest.approx(RHO, abs=0.05)
    assert fitted.correlations_[1:].max() < 0.2
    told = share_nearer(fitted.transform(x1, 1), fitted.transform(x2, 2), t)
    lda = LDA().fit(x1, t, x2, t)
    assert told < 0.3 < share_nearer(lda.transform(x1, 1), lda.transform(x2, 2), t)


def test_paired_cca_of_wrong_pairs_finds_nothing() -> None:
    """Pairs inside labels that are no cells' own carry no correlation."""
    x1, t, x2 = screen()
    shifted = np.concatenate([np.roll(np.flatnonzero(t == label), 7) for label in range(LABELS)])
    own = np.concatenate([np.flatnonzero(t == label) for label in range(LABELS)])
    fitted = PairedCCA().fit(x1, t, x2, t, pairs=(own, shifted))
    assert fitted.correlations_.max() < 0.2
    with pytest.raises(ParameterError, match="paired-cca needs pairs"):
        PairedCCA().fit(x1, t, x2, t)


def test_a_learner_of_permuted_labels_is_that_learner_on_other_labels() -> None:
    x1, t, x2 = screen()
    permuted = PermutedLDA().fit(x1, t, x2, t, seed=3)
    lda = LDA().fit(x1, t, x2, t, seed=3)
    assert permuted.get_params() == lda.get_params()
    means = [
        np.abs(z[t == 0].mean(axis=0) - z[t == 1].mean(axis=0)).max()
        for z in (permuted.transform(x1, 1), lda.transform(x1, 1))
    ]
    assert means[0] < 0.2 * means[1]
    again = PermutedLDA().fit(x1, t, x2, t, seed=3)
    np.testing.assert_array_equal(again.transform(x1, 1), permuted.transform(x1, 1))
    other = PermutedLDA().fit(x1, t, x2, t, seed=4)
    assert not np.array_equal(other.transform(x1, 1), permuted.transform(x1, 1))


def test_permuted_controls_have_the_settings_of_what_they_control() -> None:
    for control, learner in (("lda-permuted", "lda"), ("groove-permuted", "groove-cosine")):
        assert learners.get(control).get_params() == learners.get(learner).get_params()
        assert learners.REGISTRY.entry(control).role == "control"

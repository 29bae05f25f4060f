"""Laws of the summary and the picture: shares add up, shifts are what cells show."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from simulate import Parameters, draw, simulate, summarise, write_picture
from simulate.picture import principal_components

P = Parameters(shared=0.8, cells_per_condition=60, features1=40, features2=30)


@pytest.mark.parametrize("shared", [1.0, 0.8, 0.0])
def test_variance_shares_agree_with_simulated_parts(shared: float) -> None:
    data = simulate(Parameters(shared=shared, cells_per_condition=60, features1=40), seed=1)
    t, d_s = data.truth, data.truth.shared_dims
    parts = [
        np.var(t.v1[:, :d_s] @ t.a1[:d_s] * t.s1, axis=0).sum(),
        np.var(t.v1[:, d_s:] @ t.a1[d_s:] * t.s1, axis=0).sum(),
        np.var(t.noise1 @ t.a1 * t.s1, axis=0).sum(),
    ]
    shares = summarise(data).variance1
    expected = np.array(parts) / sum(parts)
    np.testing.assert_allclose([shares.shared, shares.specific, shares.noise], expected)


def test_shifts_are_the_cells_mean_displacement() -> None:
    data = simulate(P, seed=2)
    t, effects = data.truth, summarise(data).effects
    moved = t.v2 - np.hstack([t.z, t.u2])
    for group in data.parameters.groups[1:]:
        mean = moved[data.labels == group].mean(axis=0)
        row = effects.loc[group].to_dict()
        assert row["shared_shift"] == pytest.approx(mean[int(row["shared_dim"])])
        assert row["specific2_shift"] == pytest.approx(mean[int(row["specific2_dim"])])
    assert effects.loc["control"].drop("cells").isna().all()


def test_a_summary_reads_as_text() -> None:
    text = str(summarise(simulate(P)))
    assert "600 cells, 10 conditions, 40 + 30 features" in text
    assert "8 shared, 2 specific" in text
    assert "perturbation-9" in text


def test_principal_components_agree_with_scikit_learn() -> None:
    x = simulate(P, seed=3).x1
    scores, shares = principal_components(x)
    pca = PCA(2, svd_solver="full").fit(x.astype(float))
    np.testing.assert_allclose(np.abs(scores), np.abs(pca.transform(x.astype(float))), atol=1e-8)
    np.testing.assert_allclose(shares, pca.explained_variance_ratio_)
    assert np.all(scores[np.abs(scores).argmax(axis=0), range(2)] > 0)


@pytest.mark.parametrize("n_conditions", [2, 10, 12, 40])
def test_the_picture_has_every_cell_and_both_bars(n_conditions: int) -> None:
    p = Parameters(n_conditions=n_conditions, cells_per_condition=3, features1=8, features2=1)
    figure = draw(simulate(p))
    scatters, bars = figure.axes[:2], figure.axes[2]
    for axes in scatters:
        assert len(axes.collections[0].get_offsets()) == 3 * n_conditions  # type: ignore[arg-type]
    heights = [patch.get_height() for patch in bars.patches]  # type: ignore[attr-defined]
    assert sum(heights) == pytest.approx(2)


def test_the_picture_is_written(tmp_path: Path) -> None:
    path = write_picture(simulate(P), tmp_path / "picture.png")
    assert path.read_bytes().startswith(b"\x89PNG")

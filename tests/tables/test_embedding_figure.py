"""The figure of embeddings: what is drawn where, in which colours; the projection is seeded."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tables.figures.embedding import MOST_NAMED, draw_embeddings, project
from weakpair.errors import ParameterError

RNG = np.random.default_rng(0)
PLANES = {"raw": RNG.normal(size=(30, 2)), "ipic": RNG.normal(size=(30, 2))}
LABELS = {"treatment": np.array(["a", "b", "c"] * 10), "task": np.array(["u", "v"] * 15)}


def test_columns_are_embeddings_and_rows_are_labels() -> None:
    figure = draw_embeddings(PLANES, LABELS)
    assert len(figure.axes) == 4
    assert [place.get_title() for place in figure.axes] == ["raw", "ipic", "", ""]
    assert [place.get_ylabel() for place in figure.axes] == ["treatment", "", "task", ""]
    for place, plane in zip(figure.axes, [*PLANES.values()] * 2, strict=True):
        offsets = np.asarray(place.collections[0].get_offsets())
        np.testing.assert_array_equal(offsets, plane)
    assert not plt.get_fignums(), "nothing is left to a global state"


def test_a_label_has_one_colour_in_all_plots_of_its_row() -> None:
    figure = draw_embeddings(PLANES, LABELS)
    one, two, three, _ = (np.asarray(p.collections[0].get_facecolor()) for p in figure.axes)
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one, axis=0)) == 3
    assert len(np.unique(three, axis=0)) == 2
    for name in "abc":
        assert len(np.unique(one[LABELS["treatment"] == name], axis=0)) == 1


def test_a_legend_names_few_labels_and_counts_many() -> None:
    legend = draw_embeddings(PLANES, LABELS).axes[1].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c"]
    many = {"treatment": np.arange(30).astype(str)}
    assert len(many["treatment"]) > MOST_NAMED
    place = draw_embeddings(PLANES, many).axes[1]
    assert place.get_legend() is None
    assert [text.get_text() for text in place.texts] == ["30 treatment labels"]


@pytest.mark.parametrize(
    ("planes", "labels"),
    [
        ({}, LABELS),
        (PLANES, {}),
        ({"raw": np.ones((30, 3))}, LABELS),
        ({"raw": np.ones((29, 2))}, LABELS),
        (PLANES, {**LABELS, "task": np.array(["u"])}),
    ],
)
def test_what_does_not_fit_is_refused(
    planes: dict[str, np.ndarray], labels: dict[str, np.ndarray]
) -> None:
    with pytest.raises(ParameterError):
        draw_embeddings(planes, labels)


def test_the_projection_keeps_groups_apart_and_is_seeded() -> None:
    codes = np.repeat([0, 1], 40)
    x = np.random.default_rng(1).normal(size=(80, 6)) + 30 * codes[:, None]
    plane = project(x, seed=3)
    assert plane.shape == (80, 2)
    np.testing.assert_array_equal(plane, project(x, seed=3))
    centres = [plane[codes == code].mean(axis=0) for code in (0, 1)]
    spread = max(plane[codes == code].std() for code in (0, 1))
    assert np.linalg.norm(centres[0] - centres[1]) > 2 * spread
    assert project(np.arange(5.0)[:, None]).shape == (5, 2)


@pytest.mark.parametrize("x", [np.ones((2, 3)), np.full((9, 2), np.nan), np.ones(9)])
def test_what_cannot_be_projected_is_refused(x: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="t-SNE needs"):
        project(x)

"""The figure of embeddings: what is drawn where, in which colours; the projection is seeded."""

import sys
from itertools import combinations
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv

from tables.figures import Embeddings, embedding
from tables.figures.embedding import draw_embeddings
from tables.figures.palette import MOST_NAMED, label_colours
from tables.figures.projection import project
from tests.tables.test_figures import outside, overlaps, texts
from weakpair.errors import ConfigError, ParameterError

RNG = np.random.default_rng(0)
PLANES = {"raw": RNG.normal(size=(30, 2)), "ipic": RNG.normal(size=(30, 2))}
LABELS = {"treatment": np.array(["a", "b", "c"] * 10), "task": np.array(["u", "v"] * 15)}


def test_rows_are_embeddings_and_columns_are_labels() -> None:
    figure = draw_embeddings(PLANES, LABELS)
    assert len(figure.axes) == 4
    assert [place.get_title() for place in figure.axes] == ["treatment", "task", "", ""]
    assert [place.get_ylabel() for place in figure.axes] == ["raw", "", "ipic", ""]
    for place, name in zip(figure.axes, ("raw", "raw", "ipic", "ipic"), strict=True):
        offsets = np.asarray(place.collections[0].get_offsets())
        np.testing.assert_array_equal(offsets, PLANES[name])
    assert not plt.get_fignums(), "nothing is left to a global state"


def test_a_label_has_one_colour_in_all_plots_of_its_column() -> None:
    figure = draw_embeddings(PLANES, LABELS)
    one, three, two, _ = (np.asarray(p.collections[0].get_facecolor()) for p in figure.axes)
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one, axis=0)) == 3
    assert len(np.unique(three, axis=0)) == 2
    for name in "abc":
        assert len(np.unique(one[LABELS["treatment"] == name], axis=0)) == 1


def test_a_legend_names_few_labels_and_counts_many() -> None:
    figure = draw_embeddings(PLANES, LABELS)
    assert [place.get_legend() is None for place in figure.axes] == [True, True, False, False]
    legend = figure.axes[2].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c"]
    many = {"treatment": np.arange(30).astype(str), "task": LABELS["task"]}
    assert len(many["treatment"]) > MOST_NAMED
    place = draw_embeddings(PLANES, many).axes[2]
    assert place.get_legend() is None
    assert place.get_xlabel() == "30 labels of treatment"


@pytest.mark.parametrize("learners", [1, 2, 3, 4])
def test_one_kind_of_label_makes_no_strip(learners: int) -> None:
    planes = {f"learner {i}": PLANES["raw"] for i in range(learners)}
    figure = draw_embeddings(planes, {"treatment": LABELS["treatment"]})
    width, height = figure.get_size_inches()
    assert 0.4 < width / height < 3
    assert [place.get_title() for place in figure.axes] == list(planes)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c"]
    assert legend.get_title().get_text() == "treatment"
    assert overlaps(figure) == []
    assert outside(figure) == []
    many = draw_embeddings(planes, {"treatment": np.arange(30).astype(str)})
    assert many.legends == []
    assert many.get_supxlabel() == "30 labels of treatment"


def test_names_are_sorted_as_people_read_them() -> None:
    names = np.array([f"perturbation-{i}" for i in (11, 1, 10, 2)] * 4)
    figure = draw_embeddings({"raw": RNG.normal(size=(16, 2))}, {"treatment": names})
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert shown == ["perturbation-1", "perturbation-2", "perturbation-10", "perturbation-11"]


@pytest.mark.parametrize("count", range(8, MOST_NAMED + 1))
def test_labels_that_follow_each_other_are_not_light_and_dark_of_one_hue(count: int) -> None:
    colours = label_colours(count)[:, :3]
    hues = rgb_to_hsv(colours)[:, 0]
    apart = np.abs(hues[1:] - hues[:-1])
    assert np.minimum(apart, 1 - apart).min() > 0.15
    for one, other in combinations(colours, 2):
        assert np.linalg.norm(one - other) > 0.15


@pytest.mark.parametrize("count", [1, 4, 7, 8, 20, 21, 60])
def test_every_label_has_a_colour_of_its_own(count: int) -> None:
    names = np.array([f"label {i:02}" for i in range(count)] * 2)
    figure = draw_embeddings({"raw": RNG.normal(size=(2 * count, 2))}, {"task": names})
    colours = np.asarray(figure.axes[0].collections[0].get_facecolor())
    assert len(np.unique(colours, axis=0)) == count


def test_no_text_stands_over_another() -> None:
    long = {kind: np.array(["PMA/Ionomycin", "cd14+hladrmid"] * 15) for kind in ("one", "two")}
    figure = draw_embeddings(PLANES, long)
    boxes = [text.get_window_extent() for text in texts(figure) if text.get_text()]
    for one, two in combinations(boxes, 2):
        assert not one.overlaps(two)


def found(count: int = 30) -> Embeddings:
    latents = {name: RNG.normal(size=(count, 4)) for name in ("raw", "ipic")}
    labels = {kind: names[:count] for kind, names in LABELS.items()}
    return Embeddings(latents, labels, "digits, fold-0", "A point is a cell.", 30)


def test_the_caption_says_what_was_drawn_and_how_much_of_it() -> None:
    said = embedding(found(), seed=5).caption
    assert "t-SNE of the latents of raw and ipic on digits, fold-0" in said
    assert "coloured by treatment and task. A point is a cell. Shown: all 30." in said
    assert "seed 5" in said
    assert "Shown: 12 of 30, drawn at random." in embedding(found(12)).caption


def test_umap_is_asked_with_the_seed_and_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    class Umap:
        """Stands for umap-learn: keeps what it is given, and projects on two axes."""

        def __init__(self, **given: int) -> None:
            asked.append(given)

        def fit_transform(self, x: np.ndarray) -> np.ndarray:
            return x[:, :2]

    asked: list[dict[str, int]] = []
    module = ModuleType("umap")
    monkeypatch.setattr(module, "UMAP", Umap, raising=False)
    monkeypatch.setitem(sys.modules, "umap", module)
    assert embedding(found(), method="umap", seed=7).caption.startswith("UMAP of the latents")
    assert asked == [{"n_neighbors": 15, "random_state": 7, "n_jobs": 1}] * 2
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ConfigError, match="pip install umap-learn"):
        project(RNG.normal(size=(9, 3)), method="umap")


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

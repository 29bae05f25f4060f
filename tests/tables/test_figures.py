"""What figures show: the same numbers as the tables, every name once, no text over other text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from tables.figures import Drawing, critical, heatmap, ranks, shared
from tables.figures.style import COLOURS
from tables.inference.bootstrap import rank_intervals
from tests.tables.examples import mixed, results
from weakpair.errors import ConfigError, DataError, ParameterError, UnknownNameError

LEARNERS = ("groove-cosine", "groove-tdist", "davae", "ps", "lda", "pca")
ALIGNERS = ("labeled-coot", "labeled-eot", "labeled-egwot", "eot")


def simulation(replicates: int = 6, learners: int = 6, aligners: int = 4) -> pd.DataFrame:
    """A grid of three shared fractions with replicates; it is as wide as asked."""
    rng = np.random.default_rng(0)
    parts = []
    for fraction in (1.0, 0.5, 0.8):
        scores: dict[tuple[str, str], dict[str, list[float | None]]] = {}
        for i, learner in enumerate(LEARNERS[:learners]):
            for j, aligner in enumerate(ALIGNERS[:aligners]):
                level = fraction * (0.9 - 0.05 * i - 0.1 * j)
                noise = 0.01 * rng.normal(size=(2, replicates))
                scores[learner, aligner] = {
                    "trace": (level + noise[0]).tolist(),
                    "foscttm": (0.5 - level / 2 + noise[1]).tolist(),
                }
        scores["-", "label-uniform"] = {"trace": [0.05] * replicates, "foscttm": [0.3] * replicates}
        frame = results(scores, roles={"-+label-uniform": "control", "lda+eot": "baseline"})
        frame = frame.assign(replicate=frame["fold"].astype(int), fold="0", split="holdout")
        parts.append(frame.assign(dataset="simulation", variant=f"shared={fraction}"))
    return pd.concat(parts)


def texts(figure: Figure) -> list[Text]:
    """Every text that is drawn, with its place known."""
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    found = [
        *figure.texts,
        *(text for legend in legends if legend for text in legend.get_texts()),
        *(text for axes in figure.axes for text in (*axes.texts, axes.title)),
        *(axis.label for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)),
        *(
            text
            for axes in figure.axes
            for axis in (axes.xaxis, axes.yaxis)
            for text in _ticks(axis)
        ),
    ]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _ticks(axis: Axis) -> Iterator[Text]:
    """Labels of the ticks between the ends of an axis; the others are not drawn."""
    low, high = sorted(axis.get_view_interval())
    for tick, place in zip(axis.get_major_ticks(), axis.get_majorticklocs(), strict=True):
        if low - 1e-9 <= place <= high + 1e-9:
            yield from (tick.label1, tick.label2)


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes overlap by more than a pixel; rotated ones by their corners."""
    upright = [t for t in texts(figure) if t.get_rotation() in (0, 90)]
    boxes = [t.get_window_extent() for t in upright]
    return [
        (upright[i].get_text(), upright[j].get_text())
        for i in range(len(boxes))
        for j in range(i)
        if min(boxes[i].x1, boxes[j].x1) - max(boxes[i].x0, boxes[j].x0) > 1
        and min(boxes[i].y1, boxes[j].y1) - max(boxes[i].y0, boxes[j].y0) > 1
    ]


def outside(figure: Figure) -> list[str]:
    """Texts that leave the page."""
    page = figure.bbox
    return [
        t.get_text()
        for t in texts(figure)
        if (box := t.get_window_extent()).x0 < page.x0 - 1
        or box.x1 > page.x1 + 1
        or box.y0 < page.y0 - 1
        or box.y1 > page.y1 + 1
    ]


def panel(drawing: Drawing, title: str) -> Axes:
    (found,) = [axes for axes in drawing.figure.axes if axes.get_title() == title]
    return found


def ticks(axes: Axes, which: str) -> list[str]:
    axis = axes.xaxis if which == "x" else axes.yaxis
    return [label.get_text() for label in axis.get_ticklabels()]


DRAWN = {
    "heatmap": lambda frame: heatmap(frame, "matching", "foscttm"),
    "ranks": lambda frame: ranks(frame, "matching"),
    "shared": lambda frame: shared(frame, "matching", references=["label-uniform"]),
    "critical": lambda frame: critical(frame, "matching", "trace"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_no_text_overlaps_or_leaves_the_page(name: str) -> None:
    drawing = DRAWN[name](simulation())
    assert overlaps(drawing.figure) == []
    assert outside(drawing.figure) == []


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize(
    ("suffix", "start"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")]
)
def test_files_are_what_they_are_called_and_the_same_twice(
    name: str, suffix: str, start: bytes, tmp_path: Path
) -> None:
    first, second = (
        DRAWN[name](simulation(5, 3, 2)).save(tmp_path / f"{i}.{suffix}").read_bytes()
        for i in (1, 2)
    )
    assert first == second
    assert first.startswith(start)


def test_another_kind_of_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.pdf, \.svg, \.png"):
        ranks(mixed(), "matching").save(tmp_path / "figure.jpg")


def test_the_heat_map_shows_the_means() -> None:
    frame = simulation()
    axes = panel(heatmap(frame, "matching", "trace"), "simulation, shared=0.8")
    here = frame[(frame["variant"] == "shared=0.8") & (frame["metric"] == "trace")]
    means = here.groupby(["learner", "aligner"])["value"].mean()
    shown = {(round(t.get_position()[1]), round(t.get_position()[0])): t for t in axes.texts}
    for row, learner in enumerate(ticks(axes, "y")):
        for column, aligner in enumerate(ticks(axes, "x")):
            assert shown[row, column].get_text() == f"{means[learner, aligner]:.3f}"
    assert set(ticks(axes, "y")) == set(LEARNERS)
    assert set(ticks(axes, "x")) == set(ALIGNERS)


def test_the_heat_map_frames_the_best_aligner_of_every_learner() -> None:
    axes = panel(heatmap(simulation(), "matching", "foscttm"), "simulation, shared=1.0")
    frames = [patch for patch in axes.patches if not patch.get_fill()]
    assert len(frames) == len(LEARNERS)


@pytest.mark.parametrize(("metric", "brightest"), [("trace", 0), ("foscttm", 0)])
def test_bright_is_good_in_either_direction(metric: str, brightest: int) -> None:
    axes = panel(heatmap(simulation(), "matching", metric), "simulation, shared=1.0")
    image = axes.images[0]
    grid = np.asarray(image.get_array())
    shades = image.to_rgba(grid)[..., :3].sum(axis=-1)
    best = grid.argmax() if metric == "trace" else grid.argmin()
    assert shades.argmax() == best
    assert best == brightest  # the best learner and aligner stand first


def test_the_heat_map_says_what_is_missing() -> None:
    frame = mixed()
    axes = panel(heatmap(frame, "matching", "trace"), "digits")
    assert "0.350\n(1/2)" in [text.get_text() for text in axes.texts]
    assert len(axes.texts) == 4  # of 3 learners × 2 aligners; controls are not in it
    assert "not in the grid" in heatmap(frame, "matching").caption


def test_ranks_and_intervals_are_the_bootstraps() -> None:
    frame = simulation()
    axes = panel(ranks(frame, "matching", seed=3, top=5), "simulation, shared=0.5")
    here = frame[(frame["variant"] == "shared=0.5") & (frame["learner"] != "-")]
    scores = {
        str(metric): rows.pivot(index=["learner", "aligner"], columns="replicate", values="value")
        for metric, rows in here.groupby("metric")
    }
    found = sorted(
        rank_intervals(scores, {"trace": True, "foscttm": False}, seed=3),
        key=lambda interval: interval.mean_rank,
    )
    lines = [np.asarray(line.get_xdata(), dtype=float).tolist() for line in axes.lines]
    assert lines[1::2] == [[f.mean_rank] for f in found[:5]]
    assert len(ticks(axes, "y")) == 5


def test_shared_fractions_stand_in_order_with_their_errors() -> None:
    frame = simulation()
    drawing = shared(frame, "matching", "trace", top=3)
    axes = panel(drawing, "simulation")
    line = axes.lines[0]
    name = str(line.get_label())
    learner, aligner = name.split(" + ")
    here = frame[
        (frame["learner"] == learner) & (frame["aligner"] == aligner) & (frame["metric"] == "trace")
    ]
    means = here.groupby("variant")["value"].mean()
    assert np.asarray(line.get_xydata()).tolist() == [
        [x, pytest.approx(means[f"shared={x}"])] for x in (0.5, 0.8, 1.0)
    ]
    half = here[here["variant"] == "shared=0.5"]["value"]
    band = axes.collections[0].get_paths()[0].vertices
    at_half = np.asarray(band)[np.isclose(np.asarray(band)[:, 0], 0.5), 1]
    assert at_half.max() - half.mean() == pytest.approx(half.std(ddof=1) / np.sqrt(len(half)))
    assert len(axes.lines) == 3
    assert "± SE across 6 replicates" in drawing.caption


def test_further_settings_of_a_simulation_have_a_panel_each() -> None:
    frame = simulation()
    loud = frame.assign(variant=frame["variant"] + ",snr=0.5")
    drawing = shared(pd.concat([frame, loud]), "matching")
    assert [axes.get_title() for axes in drawing.figure.axes] == [
        "simulation",
        "simulation, snr=0.5",
    ]


def test_lines_differ_in_colour_and_marker() -> None:
    axes = panel(shared(simulation(), "matching", top=7), "simulation")
    assert len({line.get_color() for line in axes.lines}) == 7
    assert len({str(line.get_marker()) for line in axes.lines}) == 7


def test_the_palette_is_told_apart_without_colour_vision() -> None:
    """Deuteranopia (Viénot, Brettel & Mollon 1999): every two colours stay different in CIE Lab."""
    from itertools import combinations

    to_lms = np.array(
        [[17.8824, 43.5161, 4.1193], [3.4557, 27.1554, 3.8671], [0.03, 0.1843, 1.467]]
    )
    blind = np.array([[1, 0, 0], [0.4942, 0, 1.2483], [0, 0, 1]])
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in COLOURS]) ** 2.2
    seen = rgb @ (np.linalg.inv(to_lms) @ blind @ to_lms).T
    for one, two in combinations(np.clip(seen, 0, 1) ** (1 / 2.2), 2):
        assert np.linalg.norm(one - two) > 0.1


def test_the_diagram_has_a_bar_per_group() -> None:
    drawing = critical(simulation(replicates=10), "matching", "trace")
    assert len(drawing.figure.axes) == 3
    assert "Nemenyi" in drawing.caption
    labels = ticks(drawing.figure.axes[0], "y")
    assert labels[0] == "groove-cosine + labeled-coot"
    assert len(labels) == len(LEARNERS) * len(ALIGNERS)


@pytest.mark.parametrize(
    ("draw", "error", "words"),
    [
        (lambda: critical(mixed(), "matching"), DataError, "not identifiable"),
        (lambda: shared(mixed(), "matching"), DataError, "shared="),
        (
            lambda: heatmap(mixed().query("learner == '-'"), "matching"),
            DataError,
            "no learner with an aligner",
        ),
        (lambda: shared(simulation(), "matching", top=8), ParameterError, "1 to 7"),
        (lambda: shared(simulation(), "matching", "trase"), UnknownNameError, "trace"),
        (
            lambda: shared(simulation(), "matching", references=["uniform"]),
            UnknownNameError,
            "label-uniform",
        ),
        (lambda: heatmap(mixed(), "matching", "trase"), UnknownNameError, "trace"),
        (lambda: ranks(mixed().query("fold == '0'"), "matching"), DataError, "a single fold"),
        (
            lambda: heatmap(
                pd.concat([mixed().assign(variant=f"v{i}") for i in range(13)]), "matching"
            ),
            ConfigError,
            "--variant",
        ),
    ],
)
def test_what_cannot_be_drawn_is_one_line(draw: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        draw()
    assert "\n" not in str(caught.value)


def test_names_are_text_whatever_a_person_typed(tmp_path: Path) -> None:
    """Matplotlib would read $…$ as mathematics, and a wrong formula as an error."""
    frame = mixed().assign(dataset=r"screen $\frac{$ <b>")
    frame["learner"] = frame["learner"].replace({"pca": r"p_$\alpha$^ca"})
    for drawing in (heatmap(frame, "matching"), ranks(frame, "matching")):
        drawing.save(tmp_path / "figure.svg")
        assert outside(drawing.figure) == []
        shown = [t.get_text() for t in texts(drawing.figure)]
        assert any("alpha" in text for text in shown)

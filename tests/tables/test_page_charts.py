"""What the drawings do with numbers."""

import re
from math import inf, nan
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.page.charts import (
    MOST_POINTS,
    Spot,
    Strip,
    draw_bars,
    draw_curves,
    draw_map,
    draw_spots,
    draw_strips,
)
from tables.page.svg import Scale, labels, tag
from tests.tables.readers import path_points

FINITE = st.floats(-1e6, 1e6)


@given(st.lists(FINITE, min_size=1))
def test_a_scale_holds_all_values_in_order(values: list[float]) -> None:
    scale = Scale.around([*values, nan, inf], 0, 100)
    places = [scale(value) for value in sorted(values)]
    assert all(0 <= place <= 100 for place in places)
    assert places == sorted(places)


@given(FINITE, st.floats(0.001, 1e6))
def test_ticks_lie_inside_and_read_differently(low: float, width: float) -> None:
    scale = Scale(low, low + width, 0, 100)
    ticks = scale.ticks()
    assert all(low <= tick <= low + width for tick in ticks)
    assert len(set(labels(ticks))) == len(ticks)


@given(st.text())
def test_any_text_gives_well_formed_markup(text: str) -> None:
    ElementTree.fromstring(tag("text", text, aria_label=text))


def test_strips_leave_out_what_has_no_score() -> None:
    svg = draw_strips("t", [Strip("a", "method", {"x": 1.0, "y": nan}), Strip("b", "method", {})])
    dots = [d for d in re.findall(r'd="([^"]*)"', svg) if d.endswith("h0")]
    assert [len(path_points(d)) for d in dots] == [1]
    assert "NaN" not in svg
    assert "nan" not in svg


def test_a_long_curve_is_thinned_but_keeps_its_ends() -> None:
    values = np.linspace(5, 1, 10_000)
    svg = draw_curves("t", {"fold-0": values.tolist()})
    d = re.findall(r'd="([^"]*)"', svg)[-1]
    points = path_points(d)
    assert len(points) == MOST_POINTS
    assert points[0][0] == 52
    assert points[-1][0] == pytest.approx(332, abs=0.05)
    heights = [y for _, y in points]
    assert heights == sorted(heights)


def test_a_gap_in_a_curve_stays_a_gap() -> None:
    svg = draw_curves("t", {"fold-0": [3.0, nan, 2.0, 1.0]})
    assert re.findall(r'd="([^"]*)"', svg)[-1].count("M") == 2


def test_spots_stand_at_their_seconds_and_quality_with_the_marks_of_the_first() -> None:
    spots = [Spot("a", "method", 0.1, 90, "1"), Spot("b", "baseline", 10.0, -20)]
    svg = draw_spots("t", spots)
    first, second = (path_points(d)[0] for d in re.findall(r'd="([^"]*h0)"', svg))
    assert first[0] < second[0]
    assert first[1] < second[1]
    assert "a: 90 % in 0.1 s" in svg
    assert svg.count('class="name"') == 1
    for told in (">0.1<", ">1<", ">10<"):
        assert told in svg


@pytest.mark.parametrize("labels_", [["a", "b"] * 10, [str(i) for i in range(20)]])
def test_a_map_shows_every_cell_inside_the_square(labels_: list[str]) -> None:
    points = np.random.default_rng(0).normal(scale=50, size=(20, 2))
    svg = draw_map("t", points, np.repeat([1, 2], 10), np.array(labels_))
    places = np.array([p for d in re.findall(r'd="([^"]*h0)"', svg) for p in path_points(d)])
    assert places.shape == (20, 2)
    assert places.min() >= 8
    assert places.max() <= 332


def test_a_map_of_one_point_is_no_division_by_zero() -> None:
    svg = draw_map("t", np.zeros((2, 2)), np.array([1, 2]), np.array(["a", "a"]))
    assert svg.count("M170 170h0") == 2


def test_bars_without_any_time_are_drawn() -> None:
    ElementTree.fromstring(draw_bars("t", [("fit", 0.0, "0 ms")]))

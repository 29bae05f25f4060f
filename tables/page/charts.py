"""The drawings of a page: scores by fold, learning curves, latent maps, seconds by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tables.page.svg import WIDTH, Scale, bottom_axis, drawing, left_axis, short, tag
from tables.ranked.ordering import natural

COLOURS = 10
"""Labels with colours of their own; more share the wheel of hues."""

MOST_POINTS = 80
"""Points of a learning curve; longer ones are thinned to that."""

_ROW = 34


@dataclass(frozen=True)
class Strip:
    """The scores of one combination, by the name of their unit."""

    name: str
    role: str
    scores: Mapping[str, float]


def draw_strips(title: str, strips: Sequence[Strip]) -> Markup:
    """One line of dots per strip, a dot per score, a bar at their mean."""
    values = [value for strip in strips for value in strip.scores.values()]
    scale = Scale.around(values, 12, WIDTH - 12)
    height = _ROW * len(strips) + 6
    parts = bottom_axis(scale, 4, height)
    for row, strip in enumerate(strips):
        parts += _strip(strip, scale, row * _ROW)
    return drawing(height + 18, title, parts)


def _strip(strip: Strip, scale: Scale, top: float) -> list[Markup]:
    known = {unit: score for unit, score in strip.scores.items() if isfinite(score)}
    dots = [
        tag(
            "circle",
            tag("title", f"{strip.name}, {unit}: {score:.4g}"),
            cx=scale(score),
            cy=top + 22.0,
            r=3.5,
            class_=f"dot {strip.role}",
        )
        for unit, score in known.items()
    ]
    bar = []
    if known:
        mean = scale(float(np.mean(list(known.values()))))
        bar = [tag("path", d=f"M{short(mean)} {short(top + 15)}v14", class_="mean")]
    return [tag("text", strip.name, x=12, y=top + 12, class_="name"), *dots, *bar]


def draw_curves(title: str, curves: Mapping[str, Sequence[float]]) -> Markup:
    """One line per fit over its epochs; values that are not finite leave a gap."""
    thinned = {name: _thin(values) for name, values in curves.items()}
    height, left, right = 200.0, 52.0, WIDTH - 8.0
    longest = max(len(values) for values in curves.values())
    across = Scale(1, max(longest, 2), left, right)
    up = Scale.around((y for points in thinned.values() for _, y in points), height - 30, 8)
    parts = [*bottom_axis(across, 8, height - 30), *left_axis(up, left, right)]
    for name, points in thinned.items():
        d = _line([(across(x), up(y) if isfinite(y) else y) for x, y in points])
        parts.append(tag("path", tag("title", name), d=d, class_="curve"))
    parts.append(tag("text", "epoch", x=right, y=height - 1, text_anchor="end", class_="tick"))
    return drawing(height, title, parts)


def _thin(values: Sequence[float]) -> list[tuple[int, float]]:
    """(epoch, value), epochs from 1; the first and the last always stay."""
    if len(values) == 0:
        return []
    count = min(len(values), MOST_POINTS)
    places = np.unique(np.linspace(0, len(values) - 1, count).round().astype(int))
    return [(int(i) + 1, float(values[i])) for i in places]


def _line(points: Sequence[tuple[float, float]]) -> str:
    """A path through the points; a single one is a dot of the line's width."""
    words, pen = [], False
    for x, y in points:
        if isfinite(y):
            words.append(f"{'L' if pen else 'M'}{short(x)} {short(y)}")
        pen = isfinite(y)
    return "".join(words) + ("h0" if len(words) == 1 else "")


def draw_map(
    title: str,
    points: NDArray[np.floating],
    modality: NDArray[np.integer],
    labels: NDArray[np.str_],
) -> Markup:
    """Points in a square, modality 1 as discs, modality 2 as squares, coloured by label."""
    room, size = 8.0, float(WIDTH)
    low, high = points.min(axis=0), points.max(axis=0)
    span = float((high - low).max()) or 1.0
    # The shorter side is centred: distances mean the same in both directions.
    places = room + (size - 2 * room) * ((points - (low + high) / 2) / span + 0.5)
    parts = []
    known = natural(map(str, labels))
    for code, label in enumerate(known):
        for which in (1, 2):
            chosen = places[(labels == label) & (modality == which)]
            if len(chosen):
                d = "".join(f"M{short(float(x))} {short(float(y))}h0" for x, y in chosen)
                parts.append(
                    tag(
                        "path",
                        tag("title", f"{label}, modality {which}"),
                        d=d,
                        class_=f"points m{which} {colour_class(code)}",
                        style=hue(code, len(known)),
                        data_label=code,
                    )
                )
    return drawing(size, title, parts)


def colour_class(code: int) -> str:
    """The style class of a label's colour."""
    return f"c{code % COLOURS}"


def hue(code: int, count: int) -> str:
    """Ten labels have named colours; more need a wheel, steps of the golden angle.

    >>> hue(3, 10), hue(3, 11)
    ('', '--own: oklch(var(--lightness) 0.13 53)')
    """
    if count <= COLOURS:
        return ""
    return f"--own: oklch(var(--lightness) 0.13 {ceil(code * 137.508) % 360})"


def draw_bars(title: str, bars: Sequence[tuple[str, float, str]]) -> Markup:
    """Horizontal bars from zero: name, value, and the value in print."""
    most = max((value for _, value, _ in bars), default=0.0) or 1.0
    row, left = 26.0, 78.0
    scale = Scale(0, most, left, WIDTH - 78)
    parts = []
    for i, (name, value, display) in enumerate(bars):
        top = i * row + 3
        parts += [
            tag("text", name, x=left - 6, y=top + 14, text_anchor="end", class_="name"),
            tag(
                "rect", x=left, y=top, width=max(scale(value) - left, 1.0), height=20, class_="bar"
            ),
            tag("text", display, x=scale(value) + 5, y=top + 14, class_="tick"),
        ]
    return drawing(row * len(bars) + 4, title, parts)

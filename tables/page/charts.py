"""The drawings of a page: scores by fold, learning curves, latent maps, seconds by stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tables.page.svg import WIDTH, Scale, bottom_axis, drawing, left_axis, short, tag
from tables.ranked.ordering import natural

COLOURS = 10
"""Labels with colours of their own; more share the wheel of hues."""

MOST_POINTS = 30
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
    bar = []
    if known:
        mean = scale(float(np.mean(list(known.values()))))
        bar = [tag("path", d=f"M{short(mean)} {short(top + 15)}v14", class_="mean")]
    dots = tag(
        "path",
        tag("title", _told(strip.name, known)),
        d=_dots((scale(score), top + 22) for score in known.values()),
        class_=f"dot {strip.role}",
    )
    return [tag("text", strip.name, x=12, y=top + 12, class_="name"), dots, *bar]


def _told(name: str, known: Mapping[str, float]) -> str:
    """Mean, standard error, number and every score of a combination, for whoever points at it."""
    scores = list(known.values())
    if not scores:
        return name
    mean, n = float(np.mean(scores)), len(scores)
    error = f" ± {float(np.std(scores, ddof=1)) / n**0.5:.2g}" if n > 1 else ""
    # Units that share a word and are numbered say it once.
    words = {unit.rpartition(" ")[0] for unit in known}
    once = words.pop() if len(words) == 1 else ""
    each = ", ".join(f"{unit.removeprefix(once).strip()}: {s:.3g}" for unit, s in known.items())
    return f"{name}: {mean:.4g}{error}, n = {n}; {once} {each}".replace("  ", " ")


def _dots(places: Iterable[tuple[float, float]]) -> str:
    """Lines without length, round at their ends: the shortest way to write dots."""
    words: list[str] = []
    at = (0.0, 0.0)
    for place in places:
        words.append(_step("m" if words else "M", at, place))
        at = place
    return "h0".join([*words, ""])


@dataclass(frozen=True)
class Spot:
    """A combination in the plane of seconds and quality; `mark` stands beside it."""

    name: str
    role: str
    seconds: float
    quality: float
    mark: str = ""


def draw_spots(title: str, spots: Sequence[Spot]) -> Markup:
    """A dot per combination, seconds on a logarithmic axis."""
    height, left, right = 220.0, 44.0, WIDTH - 12.0
    times = [log10(spot.seconds) for spot in spots]
    across = Scale.around(times, left, right)
    up = Scale.around([spot.quality for spot in spots], height - 32, 10)
    parts = [*_decades(across, 10, height - 32), *left_axis(up, left, right)]
    for spot, time in zip(spots, times, strict=True):
        x, y = across(time), up(spot.quality)
        told = tag("title", f"{spot.name}: {spot.quality:.0f} % in {spot.seconds:.3g} s")
        parts.append(tag("path", told, d=_dots([(x, y)]), class_=f"dot {spot.role}"))
        if spot.mark:
            parts.append(tag("text", spot.mark, x=x + 6, y=y - 4, class_="name"))
    parts.append(tag("text", "seconds", x=right, y=height - 2, text_anchor="end", class_="tick"))
    return drawing(height, title, parts)


def _decades(scale: Scale, top: float, bottom: float) -> list[Markup]:
    """Vertical lines at 1, 2 and 5 of every power of ten, as many as there is room for."""
    powers = range(floor(scale.low), ceil(scale.high) + 1)
    steps = (1, 2, 5) if scale.high - scale.low < 2 else (1,)
    known = [
        (log10(step * 10.0**power), f"{step * 10.0**power:g}") for power in powers for step in steps
    ]
    inside = [(place, text) for place, text in known if scale.low <= place <= scale.high]
    lines = "".join(f"M{short(scale(x))} {short(top)}V{short(bottom)}" for x, _ in inside)
    return [
        tag("path", d=lines, class_="grid"),
        *(
            tag("text", text, x=scale(x), y=bottom + 13, text_anchor="middle", class_="tick")
            for x, text in inside
        ),
    ]


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
    words, pen, at = [], False, (0.0, 0.0)
    for x, y in points:
        if isfinite(y):
            words.append(_step("l" if pen else "M", at if pen else (0.0, 0.0), (x, y)))
            at = x, y
        pen = isfinite(y)
    return "".join(words) + ("h0" if len(words) == 1 else "")


def _step(command: str, start: tuple[float, float], end: tuple[float, float]) -> str:
    """A command of a path from one place to another, as they are rounded: no error adds up."""
    (x0, y0), (x1, y1) = (tuple(round(v, 1) for v in place) for place in (start, end))
    dx, dy = short(x1 - x0), short(y1 - y0)
    return f"{command}{dx}{'' if dy.startswith('-') else ' '}{dy}"


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
                d = _dots((float(x), float(y)) for x, y in chosen)
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

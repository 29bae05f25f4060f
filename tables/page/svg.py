"""Small drawings: escaped elements, linear scales, axes. Colours belong to the style sheet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup, escape

from tables.formats.escape import plain

WIDTH = 340
"""Units of a drawing's width: as wide as a phone, so that its letters never shrink there."""


def short(value: float) -> str:
    """A coordinate with one decimal at most.

    >>> short(12.04), short(3.25), short(-0.01)
    ('12', '3.2', '0')
    """
    return f"{value:z.1f}".removesuffix(".0")


def tag(name: str, *content: object, **attributes: object) -> Markup:
    """An element; everything that is not markup already is escaped, `_` in names becomes `-`.

    >>> print(tag("text", "a<b", class_="tick", x=3.0))
    <text class="tick" x="3">a&lt;b</text>
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(_attribute(key), _value(value))
        for key, value in attributes.items()
    )
    inner = Markup("").join(escape(_value(part)) for part in content)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, inner)


def _attribute(name: str) -> str:
    return {"viewBox": "viewBox"}.get(name, name.rstrip("_").replace("_", "-"))


def _value(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return short(value) if isinstance(value, float) else plain(str(value))


def drawing(height: float, title: str, parts: Iterable[Markup]) -> Markup:
    """The whole drawing, `title` read out by screen readers."""
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {short(height)}",
        role="img",
        aria_label=title,
    )


@dataclass(frozen=True)
class Scale:
    """Maps values from [low, high] to [start, end], linearly."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float) -> "Scale":
        """A scale that holds all finite values, with a little room."""
        known = [value for value in values if isfinite(value)] or [0.0, 1.0]
        low, high = min(known), max(known)
        room = (high - low) * 0.04 or abs(high) * 0.05 or 0.5
        return cls(low - room, high + room, start, end)

    def __call__(self, value: float) -> float:
        """The coordinate of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 4) -> list[float]:
        """Round values inside the scale."""
        from matplotlib.ticker import MaxNLocator

        found = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        return [float(tick) for tick in found if self.low <= tick <= self.high]


def labels(ticks: Sequence[float]) -> list[str]:
    """The ticks in print, all distinct.

    >>> labels([0.0, 0.25, 0.5]), labels([0.0, 20000.0])
    (['0', '0.25', '0.5'], ['0', '2e+04'])
    """
    for digits in range(3, 18):
        written = [f"{0.0 if abs(tick) < 1e-12 else tick:.{digits}g}" for tick in ticks]
        if len(set(written)) == len(ticks):
            break
    return written


def bottom_axis(scale: Scale, top: float, bottom: float) -> list[Markup]:
    """Vertical grid lines from `top` to `bottom` with their values below."""
    ticks = scale.ticks()
    lines = "".join(f"M{short(scale(tick))} {short(top)}V{short(bottom)}" for tick in ticks)
    return [
        tag("path", d=lines, class_="grid"),
        *(
            tag("text", text, x=scale(tick), y=bottom + 13, text_anchor="middle", class_="tick")
            for tick, text in zip(ticks, labels(ticks), strict=True)
        ),
    ]


def left_axis(scale: Scale, left: float, right: float) -> list[Markup]:
    """Horizontal grid lines from `left` to `right` with their values before them."""
    ticks = scale.ticks()
    lines = "".join(f"M{short(left)} {short(scale(tick))}H{short(right)}" for tick in ticks)
    return [
        tag("path", d=lines, class_="grid"),
        *(
            tag("text", text, x=left - 4, y=scale(tick) + 3.5, text_anchor="end", class_="tick")
            for tick, text in zip(ticks, labels(ticks), strict=True)
        ),
    ]

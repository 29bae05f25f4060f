"""Colours for labels: none the lighter or darker twin of its neighbour, which would look akin."""

from math import cos, gcd, radians, sin

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from tables.figures.style import COLOURS

MOST_NAMED = 20
"""More labels than this have colours of a scale: nobody tells so many apart by name."""

_LIGHTNESS = (0.62, 0.47, 0.76)
_CHROMA = 0.17

Colours = NDArray[np.floating]


def label_colours(count: int) -> Colours:
    """Distinct colours, (count, 4): for the colour-blind where they are few, else around the wheel.

    Labels that follow each other are far apart on the wheel of hues; hues side by side on it differ
    in lightness too.
    """
    if count <= len(COLOURS):
        return np.array([mpl.colors.to_rgba(name) for name in COLOURS[:count]])
    if count > MOST_NAMED:
        return np.asarray(mpl.colormaps["turbo"](np.linspace(0.03, 0.97, count)))
    places = [(i * _stride(count)) % count for i in range(count)]
    return np.array([_wheel(360 * p / count, _lightness(p, count)) for p in places])


def _lightness(place: int, count: int) -> float:
    """Neither of both neighbours on the wheel has it, also where the wheel closes."""
    levels = len(_LIGHTNESS)
    closes_on_itself = place == count - 1 and count % levels == 1
    return _LIGHTNESS[1 if closes_on_itself else place % levels]


def _stride(count: int) -> int:
    """A step around the wheel that meets every place, next to the golden section."""
    steps = [step for step in range(1, count) if gcd(step, count) == 1]
    return min(steps, key=lambda step: abs(step / count - 0.382))


def _wheel(hue: float, lightness: float) -> tuple[float, float, float, float]:
    """An sRGB colour of that OKLCH hue (degrees) and lightness, as vivid as the screen can show."""
    for share in np.linspace(1, 0, 50):
        linear = _linear(lightness, float(share) * _CHROMA, radians(hue))
        if linear.min() >= 0 and linear.max() <= 1:
            break
    low = linear <= 0.0031308
    red, green, blue = np.where(low, 12.92 * linear, 1.055 * linear.clip(0) ** (1 / 2.4) - 0.055)
    return float(red), float(green), float(blue), 1.0


def _linear(lightness: float, chroma: float, hue: float) -> NDArray[np.float64]:
    """OKLCH to linear sRGB (B. Ottosson, 2020)."""
    a, b = chroma * cos(hue), chroma * sin(hue)
    to_lms = np.array(
        [
            [1, 0.3963377774, 0.2158037573],
            [1, -0.1055613458, -0.0638541728],
            [1, -0.0894841775, -1.291485548],
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.707614701],
        ]
    )
    return np.asarray(to_rgb @ (to_lms @ np.array([lightness, a, b])) ** 3)

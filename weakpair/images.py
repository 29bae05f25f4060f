"""Layout of images as rows of features: pixels row by row, a pixel's channels side by side."""

from math import isqrt

from weakpair.errors import ParameterError

CHANNELS = 3
_LEAST = 4


def image_edge(width: int) -> int:
    """Pixels along an edge of a square image of three channels.

    Raises:
        ParameterError: there is no such image of that many features.

    >>> image_edge(12288)
    64
    """
    edge = isqrt(width // CHANNELS)
    if CHANNELS * edge * edge != width or edge < _LEAST:
        raise ParameterError(
            f"convolutions need square images of {CHANNELS} channels, {CHANNELS} · edge² features; "
            f"there are {width}"
        )
    return edge

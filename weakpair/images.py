"""Layout of images as rows of features: pixels row by row, a pixel's channels side by side."""

from math import isqrt
from typing import TYPE_CHECKING

from weakpair.errors import ParameterError

if TYPE_CHECKING:
    from torch import Tensor

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


def as_images(x: "Tensor") -> "Tensor":
    """Rows of pixels as images for convolutions, (n, 3 · edge²) → (n, 3, edge, edge), a view.

    Channels stay innermost in memory, which is the layout that convolutions are fastest on.

    Raises:
        ParameterError: they are no square images of three channels.
    """
    edge = image_edge(x.shape[1])
    return x.reshape(-1, edge, edge, CHANNELS).movedim(3, 1)

"""Positions of two balls, the second of which depends on the first, under interventions.

Propensity score alignment of unpaired multimodal data (Xi et al., NeurIPS 2024), experiment 1.
"""

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from weakpair.errors import ParameterError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mechanism = Literal["nonlinear", "linear"]

COORDINATES = ("x1", "y1", "x2", "y2")


@dataclass(frozen=True)
class BallParameters:
    """Constants of the images; the defaults are the paper's, but for the size.

    Attributes:
        size: pixels along an edge; the paper has 128. Below 50 the balls of view 1 are smaller than
            a pixel.
        n: scenes.
        mechanism: how ball 2 depends on ball 1: "nonlinear" compares 1.25 (x1² + y1²) with 1,
            "linear" x1 + y1.
        low: least first coordinate.
        high: largest first coordinate.
        values: to which interventions set a coordinate.
        discs: of the background.
        disc_radius: of a background disc, in widths of the image.
        ball_radius: of a ball of view 1.
        square_side: of a square of view 2.
        turn: by which view 2 rotates positions, in units of π.

    Raises:
        ParameterError: a value outside its range, in one line that names it.
    """

    size: int = 64
    n: int = 6000
    mechanism: Mechanism = "nonlinear"
    low: float = 0.1
    high: float = 0.9
    values: tuple[float, ...] = (0.25, 0.5, 0.75)
    discs: int = 25
    disc_radius: float = 0.3
    ball_radius: float = 0.02
    square_side: float = 0.04
    turn: float = 0.3

    def __post_init__(self) -> None:
        for name, least, most in (("size", 8, 1024), ("n", 1, 10**7), ("discs", 0, 1024)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                raise ParameterError(
                    f"{name}={value!r}: must be a whole number from {least} to {most:,}"
                )
        if self.mechanism not in get_args(Mechanism):
            raise ParameterError(f"mechanism={self.mechanism!r}: use nonlinear or linear")
        shares = {f.name for f in fields(self) if f.type is float} - {"turn"}
        for name in sorted(shares):
            if not 0 <= getattr(self, name) <= 1:
                raise ParameterError(f"{name}={getattr(self, name)!r}: must be between 0 and 1")
        if not self.low < self.high:
            raise ParameterError(f"low={self.low:g}: must be below high={self.high:g}")
        if not self.values or not all(0 <= value <= 1 for value in self.values):
            raise ParameterError(f"values={self.values!r}: give numbers between 0 and 1")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the interventions: a coordinate and the value that it is set to."""
        return tuple(f"{name}={value:g}" for name in COORDINATES for value in self.values)


def draw_latents(p: BallParameters, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Positions (x1, y1, x2, y2), shape (n, 4), and the class of each, shape (n,).

    An intervention on ball 2 overwrites a coordinate. One on ball 1 overwrites it before ball 2 is
    drawn, and keeps the other coordinate.
    """
    first = rng.uniform(p.low, p.high, size=(p.n, 2))
    kinds = rng.integers(len(COORDINATES) * len(p.values), size=p.n)
    coordinate, value = np.divmod(kinds, len(p.values))
    values = np.array(p.values)[value]
    for column in (0, 1):
        first[coordinate == column, column] = values[coordinate == column]
    second = _second(p, first, rng)
    for column in (0, 1):
        chosen = coordinate == 2 + column
        second[chosen, column] = values[chosen]
    return np.hstack([first, second]), kinds


def _second(p: BallParameters, first: Floats, rng: np.random.Generator) -> Floats:
    """Positions of ball 2: in one corner or the other, by where ball 1 is."""
    if p.mechanism == "nonlinear":
        far = 1.25 * np.square(first).sum(axis=1) >= 1
    else:
        far = first.sum(axis=1) >= 1
    lower, upper = rng.uniform(0.1, 0.5, len(first)), rng.uniform(0.5, 0.9, len(first))
    return np.where(far[:, None], np.stack([lower, upper], 1), np.stack([upper, lower], 1))


def second_view(p: BallParameters, positions: Floats) -> Floats:
    """Positions of the balls in view 2: σ(2 ((z − ½) R + 0.2)) for each ball, shape (n, 4)."""
    angle = p.turn * np.pi
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    balls = positions.reshape(len(positions), 2, 2)
    shown = 1 / (1 + np.exp(-2 * ((balls - 0.5) @ turn + 0.2)))
    return np.asarray(shown.reshape(len(positions), 4))

"""Images of the balls: a background of discs, and the two objects of either view."""

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from simulate.balls.latents import BallParameters, Floats, draw_latents, second_view
from weakpair.errors import ParameterError

Pixels = NDArray[np.uint8]

VERSION = 1
"""Raised whenever a change of the code changes what a seed yields."""

_CHUNK = 512  # images that are drawn at a time
_FIRST = np.array([[214, 39, 40], [31, 119, 180]], dtype=np.uint8)  # of the balls in view 1
_MAPS = ("summer", "Wistia")


@dataclass(frozen=True, eq=False)
class Balls:
    """Images of one scene in two views; row i of both is the same scene.

    Attributes:
        parameters: what they were drawn with.
        seed: the seed they were drawn from.
        view1: pixels, shape (n, size, size, 3).
        view2: likewise.
        labels: intervention of each scene, shape (n,).
        ids: names of the scenes, shape (n,).
        latents: positions x1, y1, x2, y2, shape (n, 4).
    """

    parameters: BallParameters
    seed: int
    view1: Pixels
    view2: Pixels
    labels: NDArray[np.str_]
    ids: NDArray[np.str_]
    latents: Floats


def draw_balls(parameters: BallParameters | None = None, seed: int = 0) -> Balls:
    """Draw scenes and both views of them; the result depends on the arguments alone.

    Raises:
        ParameterError: `seed` is no whole number of at least 0.
    """
    p = parameters or BallParameters()
    if type(seed) is not int or seed < 0:
        raise ParameterError(f"seed={seed!r}: must be a whole number of at least 0")
    scenes, first, second = (np.random.default_rng([seed, number]) for number in (0, 1, 2))
    positions, kinds = draw_latents(p, scenes)
    elsewhere = second_view(p, positions)
    return Balls(
        parameters=p,
        seed=seed,
        view1=_images(p, positions, 0, first),
        view2=_images(p, elsewhere, 1, second),
        labels=np.array(p.classes)[kinds],
        ids=np.array([f"scene-{i:0{len(str(p.n - 1))}d}" for i in range(p.n)]),
        latents=positions,
    )


def _images(p: BallParameters, positions: Floats, view: int, rng: np.random.Generator) -> Pixels:
    """Pixels of one view of all scenes, some at a time."""
    n = len(positions)
    centres = rng.uniform(size=(n, p.discs, 2)).astype(np.float32)
    colours = _colours(_MAPS[view], rng.uniform(size=(n, p.discs)))
    images = np.empty((n, p.size, p.size, 3), dtype=np.uint8)
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        images[part] = _background(p, centres[part], colours[part], _MAPS[view])
        _objects(p, images[part], positions[part].astype(np.float32), view)
    return images


def _background(
    p: BallParameters, centres: NDArray[np.float32], colours: Pixels, colormap: str
) -> Pixels:
    """Discs over a plain ground, later ones over earlier ones."""
    x, y = _grid(p.size)
    top = np.full((len(centres), p.size, p.size), p.discs, dtype=np.int16)
    free = np.ones(top.shape, dtype=bool)
    for number in reversed(range(p.discs)):
        cx, cy = (centres[:, number, axis, None, None] for axis in (0, 1))
        inside = free & (np.square(x - cx) + np.square(y - cy) <= p.disc_radius**2)
        top[inside] = number
        free &= ~inside
    ground = _colours(colormap, np.full((len(centres), 1), 0.5))
    palette = np.concatenate([colours, ground], axis=1)
    return np.asarray(palette[np.arange(len(centres))[:, None, None], top])


def _objects(p: BallParameters, images: Pixels, positions: NDArray[np.float32], view: int) -> None:
    """Draw both balls, or both squares, into the images."""
    x, y = _grid(p.size)
    for number in (0, 1):
        dx = np.abs(x - positions[:, 2 * number, None, None])
        dy = np.abs(y - positions[:, 2 * number + 1, None, None])
        if view == 0:
            inside = np.square(dx) + np.square(dy) <= p.ball_radius**2
            colour = _FIRST[number]
        else:
            inside = np.maximum(dx, dy) <= p.square_side / 2
            colour = _colours("viridis", np.array(0.1 + number / 2))
        images[inside] = colour


def _grid(size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates of the pixels' centres, x along columns and y along rows, in widths."""
    places = ((np.arange(size) + 0.5) / size).astype(np.float32)
    return places[None, :], places[:, None]


def _colours(name: str, values: Floats) -> Pixels:
    """Colours of a colormap, shape (..., 3)."""
    return np.asarray(colormaps[name](values, bytes=True), dtype=np.uint8)[..., :3]

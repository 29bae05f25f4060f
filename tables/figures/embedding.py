"""Embeddings in the plane by treatment and downstream label, raw and learnt. IPIC, Figure 8."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from tables.figures.palette import MOST_NAMED, label_colours
from tables.figures.projection import NAMES, Method, project
from tables.figures.style import NORMAL, SMALL, Drawing, literal
from tables.ranked.ordering import coded, natural
from weakpair.errors import ParameterError

Floats = NDArray[np.floating]

_PANEL = (2.5, 2.4)
_ROW = 0.16
_ABREAST = 2
_SMALL_LEGEND: dict[str, Any] = {
    "frameon": False,
    "fontsize": SMALL,
    "handletextpad": 0.2,
    "columnspacing": 1.0,
}


@dataclass(frozen=True, eq=False)
class Embeddings:
    """The same points as several learners embed them.

    Attributes:
        latents: learner → its embeddings of the points, (n, d); d is the learner's own.
        labels: kind of label, e.g. "treatment", → labels of the points, (n,).
        place: data set, split and fold, in words.
        points: what a point is, in words: a sentence.
        of: points there were, of which these n were drawn.
    """

    latents: Mapping[str, Floats]
    labels: Mapping[str, NDArray[np.str_]]
    place: str
    points: str
    of: int


def embedding(found: Embeddings, *, method: Method = "tsne", seed: int = 0) -> Drawing:
    """A row per learner with a projection of its own, a column per kind of label.

    With one kind of label the learners stand side by side.

    Args:
        found: what is projected.
        method: "tsne" or "umap" (needs umap-learn).
        seed: of the projections.

    Raises:
        ConfigError: umap-learn is not installed.
        ParameterError: fewer than three points, values that are not finite, or arrays that do not
            fit each other.
    """
    from threadpoolctl import threadpool_limits

    # Sums depend on the number of threads, and t-SNE blows up the last bits.
    with threadpool_limits(1):
        planes = {
            name: project(latents, method=method, seed=seed)
            for name, latents in found.latents.items()
        }
    return Drawing(draw_embeddings(planes, found.labels), _caption(found, method, seed))


def _caption(found: Embeddings, method: Method, seed: int) -> str:
    shown = len(next(iter(found.labels.values())))
    number = f"{shown} of {found.of}, drawn at random" if shown < found.of else f"all {shown}"
    return (
        f"{NAMES[method]} of the latents of {_listed(found.latents)} on {found.place}, coloured "
        f"by {_listed(found.labels)}. {found.points} Shown: {number}. Every learner has a "
        f"projection of its own (seed {seed}); axes and distances between groups have no unit."
    )


def _listed(names: Iterable[str]) -> str:
    """A list in words.

    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def draw_embeddings(
    planes: Mapping[str, ArrayLike], labels: Mapping[str, Sequence[str] | NDArray[np.str_]]
) -> Figure:
    """A grid of scatter plots: one row per embedding, one column per kind of label.

    Args:
        planes: title of a row, e.g. "raw" and "ipic", to coordinates of the samples, (n, 2).
        labels: title of a column, e.g. "treatment" or "downstream", to the labels of the samples,
            (n,). The colours of a column are the same in all of its plots.

    Raises:
        ParameterError: nothing to draw, or arrays that do not fit each other.
    """
    points = {title: np.asarray(plane, dtype=float) for title, plane in planes.items()}
    words = {title: np.asarray(names, dtype=str) for title, names in labels.items()}
    _check(points, words)
    if len(words) == 1:
        ((kind, names),) = words.items()
        return _side_by_side(points, kind, names)
    height, width = len(points), len(words)
    legend = max(_lines(len(np.unique(names))) for names in words.values()) * _ROW
    size = (_PANEL[0] * width + 0.3, _PANEL[1] * height + 0.3 + legend)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(height, width, squeeze=False)
    for row, (title, plane) in zip(axes, points.items(), strict=True):
        row[0].set_ylabel(literal(title), fontsize=NORMAL + 1)
        for place, names in zip(row, words.values(), strict=True):
            _scatter(place, plane, names)
    for first, last, (kind, names) in zip(axes[0], axes[-1], words.items(), strict=True):
        first.set_title(literal(kind), fontsize=NORMAL + 1)
        _legend(last, kind, natural(map(str, names)))
    return figure


def _side_by_side(points: Mapping[str, Floats], kind: str, names: NDArray[np.str_]) -> Figure:
    """One kind of label: two or three embeddings abreast, one legend for all."""
    known = natural(map(str, names))
    across = len(points) if len(points) < 4 else 2
    down = -(-len(points) // across)
    # A letter is about a twentieth of an inch wide in small print.
    column = 0.35 + 0.055 * max(len(name) for name in known)
    abreast = max(1, min(len(known), int(_PANEL[0] * across / column)))
    lines = 2 if len(known) > MOST_NAMED else 1 - (-len(known) // abreast)
    size = (_PANEL[0] * across, _PANEL[1] * down + _ROW * lines)
    figure = Figure(figsize=size, layout="constrained")
    axes = list(figure.subplots(down, across, squeeze=False).flat)
    for place, (title, plane) in zip(axes, points.items(), strict=False):
        place.set_title(literal(title), fontsize=NORMAL + 1)
        _scatter(place, plane, names)
    for spare in axes[len(points) :]:
        spare.remove()
    if len(known) > MOST_NAMED:
        figure.supxlabel(f"{len(known)} labels of {literal(kind)}", fontsize=SMALL)
        return figure
    figure.legend(
        handles=_handles(known),
        title=literal(kind),
        title_fontsize=SMALL,
        loc="outside lower center",
        ncols=abreast,
        **_SMALL_LEGEND,
    )
    return figure


def _scatter(place: Axes, plane: Floats, names: NDArray[np.str_]) -> None:
    known, codes = coded(names)
    # In one call, in the samples' order: no label covers the others as a whole.
    place.scatter(
        plane[:, 0],
        plane[:, 1],
        c=label_colours(len(known))[codes],
        s=_size(len(plane)),
        linewidths=0,
        alpha=0.85,
    )
    place.set(xticks=[], yticks=[])
    place.spines[:].set(color="#c8c8c8")


def _check(points: Mapping[str, Floats], words: Mapping[str, NDArray[np.str_]]) -> None:
    if not points or not words:
        raise ParameterError("give at least one embedding and one kind of label to draw")
    sizes = {len(names) for names in words.values()}
    for title, plane in points.items():
        if plane.ndim != 2 or plane.shape[1] != 2 or {len(plane)} != sizes:
            raise ParameterError(
                f"{title}: coordinates of shape {plane.shape} for {sorted(sizes)} labels; "
                "(n, 2) and n labels of every kind are needed"
            )


def _size(samples: int) -> float:
    """Area of a point: large enough to be seen, small enough not to cover the others."""
    return float(np.clip(4000 / max(samples, 1), 1.0, 20.0))


def _lines(labels: int) -> int:
    """Lines of a legend."""
    return 1 if labels > MOST_NAMED else -(-labels // _ABREAST)


def _legend(place: Axes, kind: str, known: Sequence[str]) -> None:
    """Under the last plot of a column."""
    if len(known) > MOST_NAMED:
        place.set_xlabel(f"{len(known)} labels of {literal(kind)}", fontsize=SMALL)
        return
    place.legend(
        handles=_handles(known),
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=_ABREAST,
        **_SMALL_LEGEND,
    )


def _handles(known: Sequence[str]) -> list[Line2D]:
    """Handles of a legend: a disc per label."""
    colours = label_colours(len(known))
    return [
        Line2D([], [], linestyle="", marker="o", markersize=4.5, color=colour, label=literal(name))
        for name, colour in zip(known, colours, strict=True)
    ]

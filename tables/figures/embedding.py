"""Embeddings in the plane, before and after learning, by treatment and by task. IPIC, Figure 8."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from weakpair.errors import ParameterError

Floats = NDArray[np.floating]

MOST_NAMED = 12
"""With more labels than this a legend tells nobody anything; their number is written instead."""


def project(x: ArrayLike, *, seed: int = 0, perplexity: float = 30.0) -> NDArray[np.float32]:
    """Coordinates of embeddings in the plane by t-SNE, started from principal components.

    Args:
        x: embeddings, (n, d), n >= 3.
        seed: source of the randomness.
        perplexity: effective number of neighbours; a third of the other samples where n is small.

    Returns:
        Coordinates, (n, 2).

    Raises:
        ParameterError: fewer than three samples, or values that are not finite.
    """
    from sklearn.manifold import TSNE

    values = np.asarray(x, dtype=np.float32)
    if values.ndim != 2 or len(values) < 3 or not np.isfinite(values).all():
        raise ParameterError(
            f"t-SNE needs a finite array of at least three samples, not of shape {values.shape}"
        )
    method = TSNE(
        perplexity=min(perplexity, (len(values) - 1) / 3),
        init="pca" if values.shape[1] > 1 else "random",
        random_state=seed,
    )
    plane: NDArray[np.float32] = np.asarray(method.fit_transform(values), dtype=np.float32)
    return plane


def draw_embeddings(
    planes: Mapping[str, ArrayLike], labels: Mapping[str, Sequence[str] | NDArray[np.str_]]
) -> Figure:
    """A grid of scatter plots: one column per embedding, one row per kind of label.

    Args:
        planes: title of a column, e.g. "raw" and "ipic", to coordinates of the samples, (n, 2).
        labels: title of a row, e.g. "treatment" and "task", to the labels of the same samples,
            (n,). The colours of a row are the same in all of its plots.

    Raises:
        ParameterError: nothing to draw, or arrays that do not fit each other.
    """
    points = {title: np.asarray(plane, dtype=float) for title, plane in planes.items()}
    words = {title: np.asarray(names, dtype=str) for title, names in labels.items()}
    _check(points, words)
    height, width = len(words), len(points)
    figure = Figure(figsize=(3.2 * width + 1.6, 3.0 * height), layout="constrained")
    axes = figure.subplots(height, width, squeeze=False)
    for title, place in zip(points, axes[0], strict=True):
        place.set_title(title)
    for row, (kind, names) in zip(axes, words.items(), strict=True):
        known, codes = np.unique(names, return_inverse=True)
        colours = _colours(len(known))[codes]
        for place, plane in zip(row, points.values(), strict=True):
            # In one call, in the samples' order: no label covers the others as a whole.
            place.scatter(plane[:, 0], plane[:, 1], c=colours, s=_size(len(plane)), linewidths=0)
            place.set(xticks=[], yticks=[])
        row[0].set_ylabel(kind)
        _legend(row[-1], kind, known)
    return figure


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


def _colours(count: int) -> Floats:
    """Distinct colours, (count, 4); a continuous map where there are more than it has."""
    if count <= 10:
        return np.array([mpl.colormaps["tab10"](i) for i in range(count)])
    return np.asarray(mpl.colormaps["turbo"](np.linspace(0.03, 0.97, count)))


def _size(samples: int) -> float:
    """Area of a point: large enough to be seen, small enough not to cover the others."""
    return float(np.clip(4000 / max(samples, 1), 1.0, 20.0))


def _legend(place: Axes, kind: str, known: NDArray[np.str_]) -> None:
    if len(known) > MOST_NAMED:
        place.text(1.03, 0.5, f"{len(known)} {kind} labels", transform=place.transAxes)
        return
    for name, colour in zip(known, _colours(len(known)), strict=True):
        place.scatter([], [], color=colour, s=20, label=str(name))
    place.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize="small",
    )

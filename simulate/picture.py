"""A picture of a simulated data set: both modalities, and what their variance is made of."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from simulate.simulation import Simulation
from simulate.summary import Summary, summarise

_CONTROL_COLOUR = "#222222"
_PARTS = (("shared", "#31576b"), ("specific", "#7f9fae"), ("noise", "#dcdcdc"))
_LEGEND_LIMIT = 24


def draw(simulation: Simulation) -> Figure:
    """Principal components of both modalities by condition, and shares of variance.

    Returns:
        A figure of three panels that no global state of matplotlib knows of.
    """
    summary = summarise(simulation)
    figure = Figure(figsize=(12.5, 4.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 0.62])
    features = (summary.n_features1, summary.n_features2)
    for axes, modality, count in zip((left, middle), (1, 2), features, strict=True):
        _scatter(axes, simulation, modality, f"Modality {modality} · {count} features")
    _bars(right, summary)
    _legend(figure, simulation.parameters.groups)
    figure.suptitle(_title(simulation, summary), fontsize=11)
    return figure


def write_picture(simulation: Simulation, path: Path | str) -> Path:
    """Draw and save; the suffix of `path` (.png, .svg, .pdf) sets the format."""
    target = Path(path)
    draw(simulation).savefig(target, dpi=150)
    return target


def _title(simulation: Simulation, summary: Summary) -> str:
    return (
        f"{summary.n_cells} cells, {summary.shared_dims} shared and {summary.specific_dims} "
        f"specific latent dimensions per modality, seed {simulation.seed}"
    )


def principal_components(x: NDArray[np.float32]) -> tuple[NDArray[np.float64], list[float]]:
    """First two principal components (cells, 2) and their shares of the variance.

    Signs are set so that the entry of largest magnitude is positive.
    """
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    u, singular, _ = np.linalg.svd(centred, full_matrices=False)
    scores = np.zeros((len(x), 2))
    width = min(2, len(singular))
    scores[:, :width] = u[:, :width] * singular[:width]
    signs = np.sign(scores[np.abs(scores).argmax(axis=0), range(2)])
    total = float(np.sum(singular**2))
    shares = [float(s**2) / total for s in singular[:2]] + [0.0, 0.0]
    return scores * np.where(signs == 0, 1, signs), shares[:2]


def _scatter(axes: Axes, simulation: Simulation, modality: int, title: str) -> None:
    x, seen = (getattr(simulation, f"{name}{modality}") for name in ("x", "seen"))
    scores, shares = principal_components(x[seen])
    colours = _colours(len(simulation.parameters.groups))
    condition = np.repeat(np.arange(len(colours)), simulation.parameters.cells)[seen]
    # Drawn in mixed order, lest the last condition hide the others.
    order = np.random.default_rng(0).permutation(len(scores))
    axes.scatter(
        scores[order, 0], scores[order, 1], s=12, c=colours[condition[order]], alpha=0.85, lw=0
    )
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(f"PC 1 ({shares[0]:.0%} of variance)", labelpad=6)
    axes.set_ylabel(f"PC 2 ({shares[1]:.0%} of variance)", labelpad=6)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(False)


def _colours(n_groups: int) -> NDArray[np.float64]:
    """Near-black for the control, then distinct hues; beyond ten conditions, evenly spaced ones."""
    if n_groups <= 10:
        hues = np.delete(mpl.colormaps["tab10"](range(10)), 7, axis=0)[: n_groups - 1]
    else:
        hues = mpl.colormaps["turbo"](np.linspace(0.03, 0.97, n_groups - 1))
    return np.vstack([to_rgba(_CONTROL_COLOUR), hues])


def _bars(axes: Axes, summary: Summary) -> None:
    bottom = np.zeros(2)
    for part, colour in _PARTS:
        shares = np.array([getattr(summary.variance1, part), getattr(summary.variance2, part)])
        axes.bar([0, 1], shares, 0.62, bottom=bottom, color=colour, label=part)
        for x, (base, share) in enumerate(zip(bottom, shares, strict=True)):
            if share >= 0.04:
                text = "white" if part != "noise" else "black"
                axes.text(x, base + share / 2, f"{share:.0%}", ha="center", va="center", color=text)
        bottom += shares
    axes.set_xticks([0, 1], ["modality 1", "modality 2"])
    axes.set_yticks([])
    axes.set_ylim(0, 1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title("Share of variance", fontsize=10)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=3, frameon=False, fontsize=8)


def _legend(figure: Figure, groups: tuple[str, ...]) -> None:
    if len(groups) > _LEGEND_LIMIT:
        return
    handles = [
        Line2D([], [], marker="o", lw=0, markersize=5, color=tuple(colour), label=group)
        for group, colour in zip(groups, _colours(len(groups)), strict=True)
    ]
    columns = min(len(groups), 12)
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=columns,
        frameon=False,
        fontsize=8,
        handletextpad=0.1,
        columnspacing=1.1,
    )

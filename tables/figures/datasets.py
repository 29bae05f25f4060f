"""Shares of the gap over data sets, a dot per data set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from tables.figures.style import COLOURS, MARKERS, NORMAL, SMALL, Drawing, literal, panels
from tables.inference.aggregate import (
    Aggregate,
    aggregate_caption,
    aggregate_title,
    aggregates,
)
from tables.ranked.sections import combination
from weakpair.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW, _MARGIN, _WIDTH = 0.2, 1.1, 5.2
_LOWEST = -1.0
"""Shares below are drawn at the edge: how far below the floor they are says little."""


def datasets(results: pd.DataFrame, task: str, *, top: int | None = 15, **options: Any) -> Drawing:
    """Share of the gap of each combination on each data set, and their mean, best on top.

    Args:
        results: tidy results of several data sets, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        top: only the K best by their mean; None = all.
        options: of `tables.ranked.boards`.

    Raises:
        DataError: no data set has a gap to close.
    """
    drawn = [found for found in aggregates(results, task, **options) if found.complete]
    if not drawn:
        raise DataError(
            f"no data set has a gap in task {task!r}: a grid needs controls and oracles, and a "
            "metric that tells them apart"
        )
    most = max(len(found.complete[:top]) for found in drawn)
    figure, axes = panels(len(drawn), (_WIDTH, _MARGIN + _ROW * most), columns=2)
    sets = list(dict.fromkeys(str(name) for found in drawn for name in found.shares.columns))
    for panel, found in zip(axes, drawn, strict=True):
        _panel(panel, found, top, sets)
    handles = {line.get_label(): line for panel in axes for line in panel.lines}
    shown = {label: line for label, line in handles.items() if not str(label).startswith("_")}
    figure.legend(
        handles=list(shown.values()),
        fontsize=SMALL,
        loc="outside lower center",
        ncols=4,
        frameon=False,
    )
    return Drawing(figure, " ".join(dict.fromkeys(aggregate_caption(found) for found in drawn)))


def _panel(panel: "Axes", found: Aggregate, top: int | None, sets: Sequence[str]) -> None:
    names = found.complete[:top]
    shares = found.shares.loc[names]
    for dataset in shares.columns:
        place = sets.index(str(dataset))
        panel.plot(
            shares[dataset].clip(lower=_LOWEST),
            range(len(names)),
            MARKERS[place % len(MARKERS)],
            color=COLOURS[place % len(COLOURS)],
            markersize=4,
            alpha=0.8,
            label=literal(str(dataset)),
        )
    means = shares.mean(axis=1).clip(lower=_LOWEST)
    panel.plot(means, range(len(names)), "|", color="black", markersize=11, label="mean")
    panel.axvline(0, color="#767676", linewidth=0.8)
    panel.axvline(1, color="#767676", linewidth=0.8)
    panel.set_yticks(range(len(names)), [literal(combination(n)) for n in names], fontsize=SMALL)
    panel.set_ylim(len(names) - 0.4, -0.6)
    panel.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    panel.set_xlabel("Share of the gap closed", fontsize=NORMAL)
    panel.set_title(literal(aggregate_title(found)), fontsize=NORMAL)
    panel.tick_params(axis="x", labelsize=SMALL)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)

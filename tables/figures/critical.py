"""Critical-difference diagrams, upright: one row per combination, however many there are."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from tables.figures.style import COLOURS, NORMAL, SMALL, Drawing, literal, panels
from tables.inference.critical import CriticalDifference, Diagram, critical_caption, diagrams
from tables.inference.statistics import NotIdentifiable
from tables.ranked.boards import boards
from tables.ranked.sections import combination
from weakpair.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW, _MARGIN, _WIDTH, _BAR = 0.17, 1.15, 3.6, 0.13


def critical(
    results: pd.DataFrame, task: str, metric: str | None = None, **options: Any
) -> Drawing:
    """Average ranks with Nemenyi's critical difference; bars join what is not told apart.

    A panel per section with replicates, else one across data sets: see
    `tables.inference.critical`.

    Args:
        results: tidy results, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        metric: which; None = the task's first.
        options: `failures`, `missing`, `include`, `expected` of `tables.ranked.boards`.

    Raises:
        DataError: nothing is identifiable, and why.
    """
    ranked = boards(results, task, metrics=None if metric is None else [metric], **options)
    chosen = metric or ranked[0].metrics[0]
    decided: list[tuple[Diagram, CriticalDifference]] = []
    silent = []
    for diagram in diagrams(ranked, chosen):
        if isinstance(diagram.found, NotIdentifiable):
            silent.append(f"{diagram.place}: not identifiable ({diagram.found.reason})")
        else:
            decided.append((diagram, diagram.found))
    if not decided:
        raise DataError("; ".join(silent) or f"no combination has all its scores of {chosen!r}")
    rows = max(len(found.average_ranks) for _, found in decided)
    bars = max(len(found.groups) for _, found in decided)
    size = (_WIDTH + _BAR * bars, _MARGIN + _ROW * rows)
    figure, axes = panels(len(decided), size, what="diagrams")
    for panel, (diagram, found) in zip(axes, decided, strict=True):
        _panel(panel, found)
        panel.set_title(f"{literal(diagram.place)}, {found.blocks} blocks", fontsize=NORMAL)
    return Drawing(figure, " ".join([critical_caption(chosen), *(f"{s}." for s in silent)]))


def _panel(panel: "Axes", found: CriticalDifference) -> None:
    ranks, k = found.average_ranks, len(found.average_ranks)
    row = {name: place for place, name in enumerate(ranks.index)}
    panel.plot(ranks.to_numpy(), range(k), "o", color=COLOURS[0], markersize=4)
    panel.hlines(range(k), 0, ranks.to_numpy(), color="#dcdcdc", linewidth=0.6, zorder=0)
    step = 0.035 * k
    for place, group in enumerate(found.groups):
        x = k + step * (place + 1)
        panel.plot(
            [x, x],
            [row[group[0]] - 0.25, row[group[-1]] + 0.25],
            color=COLOURS[1],
            linewidth=2.4,
            solid_capstyle="butt",
        )
    # The ruler stands in a row of its own above the first combination.
    panel.plot([1, 1 + found.difference], [-1.6, -1.6], color="black", linewidth=1.4, marker="|")
    panel.text(
        1 + found.difference / 2,
        -1.8,
        f"critical difference {found.difference:.2f}",
        ha="center",
        va="bottom",
        fontsize=SMALL,
    )
    panel.set_yticks(range(k), [literal(combination(name)) for name in ranks.index], fontsize=SMALL)
    panel.set_ylim(k - 0.4, -3.6)
    panel.set_xticks([1, *range(5, k + 1, 5)] if k > 8 else range(1, k + 1))
    panel.set_xlim(0.2, k + step * (len(found.groups) + 1))
    panel.set_xlabel(f"Average rank (1 is best){_verdict(found)}", fontsize=NORMAL)
    panel.tick_params(axis="x", labelsize=SMALL)
    panel.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _verdict(found: CriticalDifference) -> str:
    p = "< 0.001" if found.p_value < 0.0005 else f"= {found.p_value:.3f}"
    return f"\nFriedman's test: p {p}"

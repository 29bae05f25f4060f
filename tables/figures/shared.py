"""Score against the shared fraction of a simulation."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tables.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    NORMAL,
    SMALL,
    Drawing,
    literal,
    panels,
    place,
    ticks_at,
)
from tables.metrics import in_print
from tables.ranked.boards import Board, boards
from tables.ranked.captions import spread
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing
from weakpair.errors import DataError, ParameterError, UnknownNameError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHARED = re.compile(r"(?:^|,)shared=(\d*\.?\d+)")
_SIZE = (5.6, 3.3)
_DASHES = ("--", ":", "-.")

Curve = Sequence[tuple[float, Standing]]
"""Shared fractions in ascending order, each with its section."""


def shared(
    results: pd.DataFrame,
    task: str,
    metric: str | None = None,
    *,
    top: int = 6,
    references: Iterable[str] = (),
    **options: Any,
) -> Drawing:
    """Mean and SE against the shared fraction, for the combinations that rank best.

    A panel per data set, split and further setting of the variants ("shared=0.8,snr=0.5"). The
    lines are those with the best mean rank over the task's metrics, averaged over the fractions.

    Args:
        results: tidy results, as for `tables.build`, with variants named "shared=…".
        task: "matching", "imputation" or "probe".
        metric: which; None = the task's first.
        top: how many combinations; more than 7 lines cannot be told apart.
        references: combinations to draw dashed in grey, e.g. "label-uniform" or "ps + eot".
        options: `failures`, `missing`, `include`, `expected`, `unit` of `tables.ranked.boards`.

    Raises:
        DataError: fewer than two shared fractions.
        ParameterError: `top` out of bounds.
        UnknownNameError: a metric or reference that is not in the results.
    """
    if not 1 <= top <= len(COLOURS):
        raise ParameterError(f"top must be 1 to {len(COLOURS)} lines, not {top}")
    ranked = boards(results, task, **options)
    known = list(dict.fromkeys(m for board in ranked for m in board.metrics))
    chosen = metric or known[0]
    if chosen not in known:
        raise UnknownNameError("metric", chosen, known)
    series = [
        (board, rest, curve)
        for board in ranked
        for rest, curve in _curves(board, chosen).items()
        if len(curve) > 1
    ]
    if not series:
        raise DataError(
            f"{chosen!r} has scores of fewer than two variants 'shared=…'; the grid 'simulation' "
            "has three"
        )
    grey = list(references)
    figure, axes = panels(len(series), _SIZE, columns=2)
    for panel, (board, rest, curve) in zip(axes, series, strict=True):
        lines = _best(curve, chosen, top)
        _panel(panel, board, curve, chosen, lines, _named(curve, grey))
        panel.set_title(
            place(board.protocol, rest, [b.protocol for b in ranked]), fontsize=NORMAL + 1
        )
    return Drawing(figure, _caption(series[0][0], chosen, top))


def _curves(board: Board, metric: str) -> dict[str, Curve]:
    """The sections that differ in nothing but the shared fraction, by what they have in common."""
    found: dict[str, list[tuple[float, Standing]]] = {}
    for standing in board.standings:
        variant = standing.section.variant
        match = _SHARED.search(variant)
        if match and standing.section.expected.get(metric, 0):
            rest = _SHARED.sub("", variant).strip(",")
            found.setdefault(rest, []).append((float(match[1]), standing))
    return {rest: sorted(curve, key=lambda point: point[0]) for rest, curve in found.items()}


def _best(curve: Curve, metric: str, top: int) -> list[Combination]:
    """Combinations ranked at every fraction, with the best mean rank on average."""
    ranks = [standing.mean_rank for _, standing in curve]
    everywhere = [name for name in ranks[0] if all(name in rank for rank in ranks)]
    ordered = sorted(everywhere, key=lambda name: (sum(rank[name] for rank in ranks), name))
    return [name for name in ordered if _points(curve, name, metric).size][:top]


def _named(curve: Curve, wanted: Iterable[str]) -> list[Combination]:
    known = {combination(name): name for _, s in curve for name in s.section.combinations}
    for name in wanted:
        if name not in known:
            raise UnknownNameError("reference", name, known)
    return [known[name] for name in wanted]


def _points(curve: Curve, name: Combination, metric: str) -> np.ndarray[Any, Any]:
    """Fraction, mean and SE where the combination is complete, shape (fractions, 3)."""
    points = [
        (fraction, found.mean, found.se)
        for fraction, standing in curve
        if (found := standing.estimates[metric].get(name)) and standing.is_complete(name, metric)
    ]
    return np.array(points, dtype=float).reshape(-1, 3)


def _panel(
    panel: "Axes",
    board: Board,
    curve: Curve,
    metric: str,
    lines: Sequence[Combination],
    references: Sequence[Combination],
) -> None:
    styles = zip(lines, COLOURS, MARKERS, strict=False)
    drawn: list[tuple[Combination, dict[str, Any]]] = [
        (name, {"color": colour, "marker": marker}) for name, colour, marker in styles
    ]
    drawn += [
        (name, {"color": GREY, "linestyle": _DASHES[i % len(_DASHES)]})
        for i, name in enumerate(references)
    ]
    last = {}
    for name, style in drawn:
        x, mean, se = _points(curve, name, metric).T
        panel.plot(x, mean, label=literal(combination(name)), linewidth=1.4, markersize=4, **style)
        panel.fill_between(x, mean - se, mean + se, color=style["color"], alpha=0.15, linewidth=0)
        last[literal(combination(name))] = mean[-1] if len(mean) else -np.inf
    ticks_at(panel, [fraction for fraction, _ in curve])
    direction = "higher" if board.higher_is_better[metric] else "lower"
    panel.set_xlabel("Shared fraction", fontsize=NORMAL)
    panel.set_ylabel(f"{in_print(metric)} ({direction} is better)", fontsize=NORMAL)
    panel.tick_params(labelsize=SMALL)
    panel.grid(color="#e4e4e4", linewidth=0.6)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    # Beside the panel, in the order in which the lines end there.
    handles, labels = panel.get_legend_handles_labels()
    pairs = sorted(zip(handles, labels, strict=True), key=lambda pair: -last[pair[1]])
    panel.legend(
        [handle for handle, _ in pairs],
        [label for _, label in pairs],
        fontsize=SMALL,
        frameon=False,
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
    )


def _caption(board: Board, metric: str, top: int) -> str:
    sections = [standing.section for standing in board.standings]
    spoken = spread(sections, board.unit, ["trace"]).replace("Mean ± SE", "Mean, band ± SE")
    return (
        f"{in_print(metric)} against the shared fraction of the simulation; the {top} "
        f"combinations with the best mean rank over all fractions. {spoken}."
    )

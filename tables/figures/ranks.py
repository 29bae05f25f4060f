"""Mean ranks with bootstrap intervals."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from tables.figures.style import NORMAL, SMALL, Drawing, literal, panels, place, role_colour
from tables.inference.bootstrap import RankInterval, rank_caption, standing_intervals
from tables.inference.statistics import NotIdentifiable
from tables.ranked.boards import Board, boards
from tables.ranked.sections import Combination, combination
from tables.ranked.standings import Standing
from weakpair.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _MARGIN, _WIDTH = 0.19, 0.95, 4.4


def ranks(
    results: pd.DataFrame, task: str, *, top: int | None = None, seed: int = 0, **options: Any
) -> Drawing:
    """Mean ranks and their bootstrap intervals, best on top, a panel per section.

    Args:
        results: tidy results, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        top: only the K best of every section; ranks stay those among all.
        seed: of the bootstrap.
        options: `failures`, `metrics`, `include`, `expected`, `unit` of `tables.ranked.boards`.

    Raises:
        DataError: no section has two units to draw from.
    """
    ranked = boards(results, task, **options)
    drawn: list[tuple[Board, Standing, dict[Combination, RankInterval]]] = []
    reasons = []
    for board in ranked:
        for standing in board.standings:
            found = standing_intervals(board, standing, seed=seed)
            if isinstance(found, NotIdentifiable):
                reasons.append(found.reason)
            else:
                drawn.append((board, standing, dict(list(found.items())[:top])))
    if not drawn:
        raise DataError(f"no interval can be drawn for task {task!r}: {reasons[0]}")
    most = max(len(found) for _, _, found in drawn)
    figure, axes = panels(len(drawn), (_WIDTH, _MARGIN + _ROW * most))
    for panel, (board, standing, found) in zip(axes, drawn, strict=True):
        _panel(panel, standing, found)
        panel.set_title(
            place(board.protocol, standing.section.variant, [b.protocol for b in ranked]),
            fontsize=NORMAL + 1,
        )
    _legend(figure, {standing.section.roles[n] for _, standing, f in drawn for n in f})
    captions = dict.fromkeys(rank_caption(board) for board, _, _ in drawn)
    left = [f"Not identifiable: {reason}." for reason in dict.fromkeys(reasons)]
    return Drawing(figure, " ".join([*captions, *left]))


def _panel(panel: "Axes", standing: Standing, found: dict[Combination, RankInterval]) -> None:
    from matplotlib.ticker import MaxNLocator

    for row, (name, interval) in enumerate(found.items()):
        colour = role_colour(standing.section.roles[name])
        panel.plot([interval.lower, interval.upper], [row, row], color=colour, linewidth=1.6)
        panel.plot(
            interval.mean_rank,
            row,
            _marker(standing.section.roles[name]),
            color=colour,
            markersize=4.5,
        )
    panel.set_yticks(range(len(found)), [literal(combination(n)) for n in found], fontsize=SMALL)
    panel.set_ylim(len(found) - 0.4, -0.6)
    panel.set_xlim(left=min(1.0, *(i.lower for i in found.values())) - 0.5)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_xlabel("Mean rank (1 is best)", fontsize=NORMAL)
    panel.tick_params(axis="x", labelsize=SMALL)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _marker(role: str) -> str:
    return {"baseline": "s", "oracle": "^", "control": "v"}.get(role, "o")


def _legend(figure: "Figure", roles: set[str]) -> None:
    """Say which colour is which role, where there are several."""
    from matplotlib.lines import Line2D

    if len(roles) < 2:
        return
    handles = [
        Line2D([], [], color=role_colour(role), marker=_marker(role), markersize=4.5, label=role)
        for role in ("method", "baseline", "oracle", "control")
        if role in roles
    ]
    figure.legend(
        handles=handles, fontsize=SMALL, loc="outside lower center", ncols=4, frameon=False
    )

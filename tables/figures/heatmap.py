"""Learner × aligner: where in the grid the good scores are."""

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tables.figures.style import NORMAL, SMALL, Drawing, literal, panels, place, readable_on
from tables.metrics import decimals, in_print
from tables.ranked.boards import Board, boards
from tables.ranked.captions import spread
from tables.ranked.sections import Combination
from tables.ranked.standings import Standing
from weakpair.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL = (0.7, 0.32)
_MARGIN = (2.1, 1.5)
_COLOURS = "cividis"


def heatmap(results: pd.DataFrame, task: str, metric: str | None = None, **options: Any) -> Drawing:
    """Means by learner (rows) and aligner (columns), a panel per section.

    Brighter is better in either direction of the metric: the colour is the share of the gap from
    the best control to the best oracle, or, where that is not defined, the score on the panel's own
    scale. The best aligner of every learner is framed. Scores over only some folds say n/N; what
    the grid does not have is hatched. Controls and oracles are left out unless `include` names
    their role.

    Args:
        results: tidy results, as for `tables.build`.
        task: "matching", "imputation" or "probe".
        metric: which; None = the task's first.
        options: `failures`, `missing`, `include`, `expected`, `unit` of `tables.ranked.boards`.

    Raises:
        DataError: no combination of a learner and an aligner has scores.
    """
    ranked = boards(results, task, metrics=None if metric is None else [metric], **options)
    chosen = metric or ranked[0].metrics[0]
    sections = [(b, s) for b in ranked for s in b.standings if chosen in s.section.scores]
    learners, aligners = _axes(sections, chosen)
    if not learners:
        raise DataError(f"no learner with an aligner has scores of {chosen!r} in task {task!r}")
    size = (_MARGIN[0] + _CELL[0] * len(aligners), _MARGIN[1] + _CELL[1] * len(learners))
    figure, axes = panels(len(sections), size, columns=2 if len(aligners) > 3 else 3)
    for panel, (board, standing) in zip(axes, sections, strict=True):
        _panel(figure, panel, board, standing, chosen, (learners, aligners))
        panel.set_title(
            place(board.protocol, standing.section.variant, [b.protocol for b in ranked]),
            fontsize=NORMAL + 1,
        )
    return Drawing(figure, _caption(ranked, chosen))


def _shown(standing: Standing) -> list[Combination]:
    """Ranked or incomplete combinations that have both a learner and an aligner."""
    return [n for n in (*standing.ranked, *standing.incomplete) if "-" not in n]


def _axes(sections: Sequence[tuple[Board, Standing]], metric: str) -> tuple[list[str], list[str]]:
    """Learners and aligners, those with the best scores of the first panels first."""
    learners: dict[str, None] = {}
    aligners: dict[str, None] = {}
    for board, standing in sections:
        estimates = standing.estimates[metric]
        sign = -1 if board.higher_is_better[metric] else 1
        scored = [name for name in _shown(standing) if estimates[name].done]
        for learner, aligner in sorted(scored, key=lambda n: sign * estimates[n].mean):
            learners[learner] = aligners[aligner] = None
    return list(learners), list(aligners)


def _panel(
    figure: "Figure",
    panel: "Axes",
    board: Board,
    standing: Standing,
    metric: str,
    names: tuple[list[str], list[str]],
) -> None:
    learners, aligners = names
    grid = np.full((len(learners), len(aligners)), np.nan)
    for name in _shown(standing):
        found = standing.estimates[metric][name]
        if found.done:
            grid[learners.index(name[0]), aligners.index(name[1])] = found.mean
    higher = board.higher_is_better[metric]
    panel.set_facecolor("white")
    panel.patch.set(hatch="////", edgecolor="#c8c8c8")
    shares = _shares(standing, metric, names)
    if shares is None:
        image = panel.imshow(grid, cmap=_COLOURS if higher else f"{_COLOURS}_r", aspect="auto")
        label = f"{in_print(metric)} ({'higher' if higher else 'lower'} is better)"
    else:
        image = panel.imshow(shares, cmap=_COLOURS, vmin=0, vmax=1, aspect="auto")
        label = "share of the gap closed"
    _write(panel, standing, metric, names, grid, image)
    _frame_best(panel, standing, metric, names, grid if higher else -grid)
    panel.set_xticks(
        range(len(aligners)),
        [literal(name) for name in aligners],
        fontsize=SMALL,
        rotation=30,
        ha="right",
        rotation_mode="anchor",
    )
    panel.set_yticks(range(len(learners)), [literal(name) for name in learners], fontsize=SMALL)
    panel.set_xlabel("Aligner", fontsize=NORMAL)
    panel.set_ylabel("Learner", fontsize=NORMAL)
    panel.tick_params(length=0)
    bar = figure.colorbar(image, ax=panel, pad=0.02)
    bar.ax.tick_params(labelsize=SMALL)
    bar.set_label(label, fontsize=SMALL)
    bar.outline.set_visible(False)


def _shares(
    standing: Standing, metric: str, names: tuple[list[str], list[str]]
) -> NDArray[np.float64] | None:
    """Shares of the gap, (learners, aligners), NaN where there are none; None if nobody has one."""
    shares = standing.shares.get(metric)
    if not shares:
        return None
    grid = np.full((len(names[0]), len(names[1])), np.nan)
    for (row, learner), (column, aligner) in product(enumerate(names[0]), enumerate(names[1])):
        if (learner, aligner) in shares:
            grid[row, column] = shares[learner, aligner].value
    return grid


def _write(
    panel: "Axes",
    standing: Standing,
    metric: str,
    names: tuple[list[str], list[str]],
    grid: NDArray[np.float64],
    image: Any,
) -> None:
    """Every number in its cell, in black or white, whichever is read better."""
    digits = decimals(metric, grid[np.isfinite(grid)].tolist())
    places = {
        (row, column): (learner, aligner)
        for row, learner in enumerate(names[0])
        for column, aligner in enumerate(names[1])
    }
    for (row, column), name in places.items():
        if not np.isfinite(grid[row, column]):
            continue
        found, expected = standing.estimates[metric][name], standing.section.expected[metric]
        text = f"{found.mean:.{digits}f}"
        if found.done < expected:
            text += f"\n({found.done}/{expected})"
        shade = image.cmap(image.norm(image.get_array()[row, column]))
        panel.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=SMALL,
            linespacing=0.95,
            color=readable_on(shade),
        )


def _frame_best(
    panel: "Axes",
    standing: Standing,
    metric: str,
    names: tuple[list[str], list[str]],
    better: NDArray[np.float64],
) -> None:
    """Frame each learner's best aligner among those that are complete."""
    from matplotlib.patches import Rectangle

    complete = set(standing.complete_means(metric))
    for row, learner in enumerate(names[0]):
        whole = [c for c, aligner in enumerate(names[1]) if (learner, aligner) in complete]
        if len(whole) > 1:
            column = max(whole, key=lambda c: better[row, c])
            panel.add_patch(
                Rectangle(
                    (column - 0.46, row - 0.44),
                    0.92,
                    0.88,
                    fill=False,
                    edgecolor="#D55E00",
                    linewidth=1.8,
                )
            )


def _caption(boards: Sequence[Board], metric: str) -> str:
    sections = [standing.section for board in boards for standing in board.standings]
    counts = spread(sections, boards[0].unit, [metric]).replace("Mean ± SE", "Mean")
    return (
        f"{in_print(metric)} by learner and aligner. {counts}. Framed: the best aligner of "
        "every learner; hatched: not in the grid; (n/N): only n of N scores are there."
    )
